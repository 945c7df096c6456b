// SPDX-License-Identifier: MIT
/// ReplyCache: the replies that are asked for again and again, as they go over the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/time.h"

namespace tlspact {

struct CachedReply {
  std::string bytes;
  Time until = Time::max();  ///< it may be given before
};

/// Each number has one place, which the last one to come takes. Memory stays below 6 MiB: longer
/// replies than 4 KiB are not kept, and when the texts come to 3 MiB it begins anew.
class ReplyCache {
 public:
  ReplyCache() : places_(kPlaces) {}

  /// nullptr: not there. Good until the next keep() or clear().
  [[nodiscard]] const CachedReply* find(std::uint64_t number) const {
    const Place& place = places_[place_of(number)];
    return place.number == number ? &place.reply : nullptr;
  }
  void keep(std::uint64_t number, const CachedReply& reply);
  void clear();

 private:
  static constexpr std::size_t kPlaces = 1U << 14;
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  struct Place {
    std::uint64_t number = kNobody;
    CachedReply reply;
  };
  static std::size_t place_of(std::uint64_t number) {
    return static_cast<std::size_t>(number * 0x9E3779B97F4A7C15 >> 50);
  }

  std::vector<Place> places_;
  std::size_t bytes_ = 0;  ///< of the texts
};

}  // namespace tlspact

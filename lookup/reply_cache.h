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

/// Each number has four places, of which the last one to come takes the one that came first. Memory
/// stays below 8 MiB: longer replies than 4 KiB are not kept, and when the texts come to 4 MiB it
/// begins anew.
class ReplyCache {
 public:
  ReplyCache() : places_(kSets * kWays), next_(kSets) {}

  /// nullptr: not there. Good until the next keep() or clear().
  [[nodiscard]] const CachedReply* find(std::uint64_t number) const {
    const Place* const set = &places_[set_of(number) * kWays];
    for (std::size_t way = 0; way < kWays; ++way)
      if (set[way].number == number) return &set[way].reply;
    return nullptr;
  }
  void prefetch(std::uint64_t number) const {
    __builtin_prefetch(&places_[set_of(number) * kWays]);
  }
  void keep(std::uint64_t number, const CachedReply& reply);
  void clear();

 private:
  static constexpr unsigned kSetBits = 13;
  static constexpr std::size_t kSets = 1U << kSetBits;
  static constexpr std::size_t kWays = 4;
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  struct Place {
    std::uint64_t number = kNobody;
    CachedReply reply;
  };
  static std::size_t set_of(std::uint64_t number) {
    return static_cast<std::size_t>(number * 0x9E3779B97F4A7C15 >> (64 - kSetBits));
  }

  std::vector<Place> places_;
  std::vector<std::uint8_t> next_;  ///< of each set, the way that the next one takes
  std::size_t bytes_ = 0;           ///< of the texts
};

}  // namespace tlspact

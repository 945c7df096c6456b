// SPDX-License-Identifier: MIT
/// NegativeCache: what the daemon has just found to have no policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lookup/sip_hash.h"
#include "policy/time.h"

namespace tlspact {

/// Strangers choose the names, so it has one size for ever: 1.5 MiB, 65,536 names, of which the one
/// that was not asked for the longest makes room, among the eight that share its place. Names are
/// kept as 64-bit hashes under a secret of the process.
class NegativeCache {
 public:
  NegativeCache() : secret_(HashSecret::random()), places_(kPlaces) {}

  void remember(std::string_view key, Time until);
  /// Whether `key` has none at `now`, as far as is remembered.
  [[nodiscard]] bool has(std::string_view key, Time now);

 private:
  static constexpr std::size_t kPlaces = 1U << 16;
  static constexpr std::size_t kShared = 8;
  struct Place {
    std::uint64_t hash = 0;
    std::int64_t until = 0;
    std::uint64_t used = 0;  ///< when, by count; 0: free
  };
  Place* group_of(std::uint64_t hash) {
    return &places_[static_cast<std::size_t>(hash % (kPlaces / kShared)) * kShared];
  }

  HashSecret secret_;
  std::vector<Place> places_;
  std::uint64_t uses_ = 0;
};

}  // namespace tlspact

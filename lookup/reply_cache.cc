// SPDX-License-Identifier: MIT
#include "lookup/reply_cache.h"

#include <utility>

namespace tlspact {

void ReplyCache::keep(std::uint64_t number, const CachedReply& reply) {
  constexpr std::size_t kLongest = 4096;
  constexpr std::size_t kMost = 4U << 20;
  if (reply.bytes.size() > kLongest) return;
  if (bytes_ + reply.bytes.size() > kMost) clear();
  const std::size_t set = set_of(number);
  Place& place = places_[set * kWays + next_[set]];
  next_[set] = static_cast<std::uint8_t>((next_[set] + 1U) % kWays);
  bytes_ -= place.reply.bytes.size();
  place = {number, {std::string{reply.bytes}, reply.until}};  // a copy without spare room
  bytes_ += reply.bytes.size();
}

void ReplyCache::clear() {
  for (Place& place : places_)
    place = Place{};
  bytes_ = 0;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "lookup/negative_cache.h"

#include <algorithm>
#include <span>

namespace tlspact {

void NegativeCache::remember(std::string_view key, Time until) {
  const std::uint64_t hash = sip_hash(secret_, key);
  const std::span<Place> group{group_of(hash), kShared};
  auto place = std::ranges::find_if(
      group, [&](const Place& each) { return each.used != 0 && each.hash == hash; });
  if (place == group.end()) place = std::ranges::min_element(group, {}, &Place::used);
  *place = {hash, until.time_since_epoch().count(), ++uses_};
}

bool NegativeCache::has(std::string_view key, Time now) {
  const std::uint64_t hash = sip_hash(secret_, key);
  for (Place& each : std::span<Place>{group_of(hash), kShared}) {
    if (each.used == 0 || each.hash != hash) continue;
    if (each.until <= now.time_since_epoch().count()) return false;
    each.used = ++uses_;
    return true;
  }
  return false;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/service/schedule.h"

#include <algorithm>

namespace tlspact {

Time next_run(const RunTimes& times, double jitter) {
  const Seconds refresh = std::clamp(times.refresh, kShortestPause, kLongestPause);
  const double factor = 0.9 + 0.2 * jitter;
  Time next = times.last_run +
              Seconds{static_cast<Seconds::rep>(static_cast<double>(refresh.count()) * factor)};
  if (times.next_change) next = std::min(next, *times.next_change);
  return std::max(next, times.last_run + kShortestPause);
}

}  // namespace tlspact

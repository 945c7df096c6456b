// SPDX-License-Identifier: MIT
/// When the service runs the path of the data again. Pure.
#pragma once

#include <optional>

#include "policy/time.h"

namespace tlspact {

/// What is known after a run.
struct RunTimes {
  Time last_run;                            ///< when the last one began
  std::optional<Time> next_change;          ///< when something begins or ceases to hold
  Seconds refresh = std::chrono::hours{1};  ///< the shortest one of all sources
};

/// Between two runs that nobody asked for.
inline constexpr Seconds kShortestPause = std::chrono::minutes{1};
/// However long the sources' refresh times are.
inline constexpr Seconds kLongestPause = std::chrono::hours{1};

/// The earlier one of `refresh` after the last run, 0.9 to 1.1 of it by `jitter` (0 to 1), and of
/// the next change; never before kShortestPause after the last run.
[[nodiscard]] Time next_run(const RunTimes& times, double jitter);

}  // namespace tlspact

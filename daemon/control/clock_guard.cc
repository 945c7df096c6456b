// SPDX-License-Identifier: MIT
#include "daemon/control/clock_guard.h"

#include <sys/timex.h>

#include <chrono>

#include "policy/guards.h"

namespace tlspact {
namespace {

/// Whether something keeps the kernel's clock right (adjtimex(2)).
bool clock_is_synchronised() {
  struct timex state{};
  return ::adjtimex(&state) != TIME_ERROR;
}

}  // namespace

Result<std::optional<Notice>> clock_alert(Store& store, Time last_run, Time now) {
  const ClockVerdict verdict = judge_clock(last_run, now, clock_is_synchronised());
  if (verdict == ClockVerdict::good) return std::optional<Notice>{};
  const auto accepted = store.clock_accepted();
  if (!accepted) return std::unexpected(accepted.error());
  constexpr Seconds kVouchedFor = std::chrono::hours{24};
  if (*accepted && std::chrono::abs(now - **accepted) < kVouchedFor) return std::optional<Notice>{};
  return Notice{Severity::alert, "clock",
                "it is " + format_time(now) + ", and the last run was at " + format_time(last_run) +
                    (verdict == ClockVerdict::backwards
                         ? ": the clock went backwards"
                         : ": so long ago, and nothing keeps this clock right") +
                    "; the maps stay as they are. Set the clock, or say \"tlspact accept clock\""};
}

}  // namespace tlspact

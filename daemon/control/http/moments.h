// SPDX-License-Identifier: MIT
/// Times and numbers as people read them on a page.
#pragma once

#include <string>

#include "policy/time.h"

namespace tlspact {

/// "2026-11-01 17:25": UTC, to the minute.
[[nodiscard]] std::string minute_text(Time time);

/// "in 13 days", "in 2 hours", "3 minutes ago", "just now"; rounded down.
[[nodiscard]] std::string distance_text(Time time, Time now);

/// "1,234,567".
[[nodiscard]] std::string grouped_digits(std::size_t number);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Points in time, in UTC and whole seconds, and their text form.
///
/// Nothing in policy/ or generators/ reads a clock: `now` is always an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tlspact {

using Time = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

/// Reads an RFC 3339 date-time ("2020-05-20T10:25:12.71-07:00"); fractions of a second are cut off.
/// nullopt for anything else: other separators, impossible dates, leap seconds, no offset.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

/// Reads a date-time, or a date alone, which is its 00:00 UTC.
[[nodiscard]] std::optional<Time> parse_date_or_time(std::string_view text);

/// "2020-05-20T17:25:12Z".
[[nodiscard]] std::string format_time(Time time);

/// "2020-05-20".
[[nodiscard]] std::string format_date(Time time);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Lines for the administrator, on stderr.
#pragma once

#include <cstdint>
#include <string_view>

namespace tlspact {

/// The numbers of syslog(3), which the journal reads in "<N>" before a line (sd-daemon(3)).
enum class LogLevel : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };

/// One line. With its level in front if stderr is the journal's (JOURNAL_STREAM), else with the
/// program's name.
void log_line(LogLevel level, std::string_view text);

}  // namespace tlspact

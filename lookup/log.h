// SPDX-License-Identifier: MIT
/// Lines for the administrator, on stderr: the log of the processes that go on.
#pragma once

#include <cstdint>
#include <string_view>

namespace tlspact {

/// The numbers of syslog(3), which the journal reads in "<N>" before a line (sd-daemon(3)).
enum class LogLevel : std::uint8_t { alert = 1, error = 3, warning = 4, notice = 5, info = 6 };

/// One line, whatever the text holds: control bytes become "?". With its level in front if stderr
/// is the journal's (JOURNAL_STREAM), else with the program's name. From any thread.
void log_line(LogLevel level, std::string_view text);

}  // namespace tlspact

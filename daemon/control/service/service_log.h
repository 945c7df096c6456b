// SPDX-License-Identifier: MIT
/// The service's log: lines on standard error, for the journal or a terminal.
#pragma once

#include <string_view>

#include "policy/notice.h"

namespace tlspact {

/// The numbers of syslog(3).
enum class LogPriority { alert = 1, error = 3, warning = 4, info = 6 };

/// One line, whatever the text holds; with its priority in front ("<3>", sd-daemon(3)) where
/// standard error is the journal's, else with the program's name. From any thread.
void log_line(LogPriority priority, std::string_view text);

/// "list community: refused: …".
void log_notice(const Notice& notice);

}  // namespace tlspact

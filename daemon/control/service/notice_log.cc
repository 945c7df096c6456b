// SPDX-License-Identifier: MIT
#include "daemon/control/service/notice_log.h"

#include "lookup/log.h"

namespace tlspact {

/// "list community: refused: …", "a.example and 3 more: …".
void log_notices(const Notices& notices) {
  for (const Notice& each : notices) {
    if (each.severity == Severity::note) continue;
    const LogLevel level = each.severity == Severity::alert ? LogLevel::alert : LogLevel::warning;
    log_line(level, each.subject + and_more(each.more) + ": " + each.text);
  }
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/service/service_log.h"

#include <cstdlib>
#include <iostream>
#include <string>

namespace tlspact {

void log_line(LogPriority priority, std::string_view text) {
  static const bool journal =
      std::getenv("JOURNAL_STREAM") != nullptr;  // NOLINT(concurrency-mt-unsafe)
  std::string line =
      journal ? "<" + std::to_string(static_cast<int>(priority)) + ">" : std::string{"tlspactd: "};
  for (const char c : text)
    line += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  std::cerr << line + "\n" << std::flush;
}

void log_notice(const Notice& notice) {
  const auto priority = notice.severity == Severity::alert     ? LogPriority::alert
                        : notice.severity == Severity::warning ? LogPriority::warning
                                                               : LogPriority::info;
  std::string text = notice.subject + ": " + notice.text;
  if (notice.more > 0) text += " (and " + std::to_string(notice.more) + " more)";
  log_line(priority, text);
}

}  // namespace tlspact

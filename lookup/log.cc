// SPDX-License-Identifier: MIT
#include "lookup/log.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace tlspact {

void log_line(LogLevel level, std::string_view text) {
  static const bool to_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::string line = to_journal ? "<" + std::to_string(static_cast<int>(level)) + ">"
                                : std::string{program_invocation_short_name} + ": ";
  for (const char c : text)
    line += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  line += '\n';
  // Whether anybody reads it must not hold answers up.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace tlspact

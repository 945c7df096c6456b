// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_policy_strings.h"

#include <algorithm>

namespace tlspact {
namespace {

bool is_carried(char c) {
  return c >= 0x20 && c < 0x7f && c != '{' && c != '}';
}

/// Postfix strips the blanks at the ends, and refuses a value of which nothing is left.
std::string_view strip(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t start = line.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return line.substr(start, line.find_last_not_of(kBlanks) - start + 1);
}

/// False: it has no room.
bool append_attribute(std::string& value, std::string_view line, std::size_t room) {
  constexpr std::string_view kBegin = " { policy_string = ";
  constexpr std::string_view kEnd = " }";
  if (kBegin.size() + line.size() + kEnd.size() > room) return false;
  value += kBegin;
  for (const char c : line)
    value += is_carried(c) ? c : '?';
  value += kEnd;
  return true;
}

}  // namespace

bool append_policy_strings(std::string& value, std::string_view lines, Source source,
                           std::size_t room) {
  const std::size_t begin = value.size();
  bool complete = true;
  while (complete && !lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = strip(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (!line.empty()) complete = append_attribute(value, line, room - (value.size() - begin));
  }
  if (value.size() == begin)
    static_cast<void>(append_attribute(value, "source: " + std::string{source_name(source)}, room));
  return complete;
}

}  // namespace tlspact

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

}  // namespace

PostfixPolicyStrings postfix_policy_strings(std::string_view lines, std::size_t room) {
  PostfixPolicyStrings out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string line{strip(lines.substr(0, end))};
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    std::ranges::replace_if(line, [](char c) { return !is_carried(c); }, '?');
    const std::string attribute = " { policy_string = " + line + " }";
    if (attribute.size() > room - out.text.size()) {
      out.cut_off = true;
      return out;
    }
    out.text += attribute;
  }
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The characters and names that the two grammars of RFC 8461 share: sections 3.1 and 3.2.
#pragma once

#include <algorithm>
#include <string_view>

namespace tlspact::sts {

/// ALPHA or DIGIT (RFC 5234 appendix B.1), whatever the locale.
[[nodiscard]] constexpr bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

[[nodiscard]] constexpr bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

[[nodiscard]] inline std::string_view trim_wsp_left(std::string_view text) {
  while (!text.empty() && is_wsp(text.front()))
    text.remove_prefix(1);
  return text;
}

[[nodiscard]] inline std::string_view trim_wsp_right(std::string_view text) {
  while (!text.empty() && is_wsp(text.back()))
    text.remove_suffix(1);
  return text;
}

/// sts-ext-name and sts-policy-ext-name; every known name is one as well.
[[nodiscard]] inline bool is_field_name(std::string_view name) {
  constexpr std::size_t kMaxName = 32;
  return !name.empty() && name.size() <= kMaxName && is_alnum(name.front()) &&
         std::ranges::all_of(
             name, [](char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

}  // namespace tlspact::sts

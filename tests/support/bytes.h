// SPDX-License-Identifier: MIT
/// Bytes written as hex digits.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace tlspact::test {

/// "0a ff" is two bytes; blanks are passed over.
inline std::string bytes(std::string_view hex) {
  std::string out;
  int half = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const auto digit = std::string_view{"0123456789abcdef"}.find(c);
    if (digit == std::string_view::npos) throw std::logic_error("not hex");
    if (half < 0) {
      half = static_cast<int>(digit);
    } else {
      out += static_cast<char>(half * 16 + static_cast<int>(digit));
      half = -1;
    }
  }
  if (half >= 0) throw std::logic_error("half a byte");
  return out;
}

}  // namespace tlspact::test

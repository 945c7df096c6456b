// SPDX-License-Identifier: MIT
/// Notice: something that an administrator should hear about, though the run goes on.
#pragma once

#include <string>
#include <vector>

namespace tlspact {

enum class Severity {
  note,     ///< worth knowing, nothing to do
  warning,  ///< will matter, or a passing fault with the last good data in force
  alert,    ///< something agreed or published is not enforced as it says
};

/// One line, without newline: `subject` is a policy domain, next-hop, source or file.
struct Notice {
  Severity severity = Severity::note;
  std::string subject;
  std::string text;

  friend bool operator==(const Notice&, const Notice&) = default;
};

using Notices = std::vector<Notice>;

}  // namespace tlspact

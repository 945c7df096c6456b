// SPDX-License-Identifier: MIT
/// Finding: what check says about the wiring of an MTA, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "policy/notice.h"

namespace tlspact {

/// A Notice with a remedy. One line each, without newline.
struct Finding {
  Severity severity = Severity::note;
  std::string subject;  ///< "Postfix", "Postfix (/etc/postfix-out)", "Exim", a domain
  std::string text;
  std::string remedy;  ///< an exact command or line; empty: nothing to do

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The page that explains a domain.
#pragma once

#include <string>

#include "daemon/control/http/explainer.h"

namespace tlspact {

/// What was searched for, and by which version.
struct Search {
  std::string asked;
  std::string version;
};

/// Every text in it is escaped.
[[nodiscard]] std::string explain_page(const Search& search, const ExplainedDomain& domain,
                                       Time now);

/// Why there is nothing to show: it is no domain, or the service cannot say.
[[nodiscard]] std::string explain_fault_page(const Search& search, const std::string& fault);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// check(): everything that can be said about configuration, agreements, lists and the wiring of
/// the mail servers without changing anything. Only `exim -bt`, and the question
/// whether the mail servers' resolvers validate, ask the DNS.
#pragma once

#include "daemon/config/config.h"
#include "daemon/control/wiring/finding.h"
#include "policy/notice.h"
#include "policy/result.h"
#include "policy/time.h"

namespace tlspact {

struct CheckReport {
  Notices findings;            ///< of configuration, agreements and lists
  Findings wiring;             ///< of this machine's mail servers, and of the maps in place
  std::size_t agreements = 0;  ///< next-hops and patterns with an agreement in force
  std::size_t lists = 0;       ///< lists in force
  std::size_t entries = 0;
  int exit_code = 0;  ///< 65 something was refused, 69 a list was never good, 1 alerts or warnings
};

[[nodiscard]] Result<CheckReport> check(const Config& config, Time now);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// How many fail, and by what cause: for counting, where failing_hosts.h is for reading.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "daemon/probe/probe_run.h"
#include "policy/sts_cache.h"
#include "smtp/outcome.h"

namespace tlspact {

struct FailureCauses {
  /// MX endpoints whose last look was not positive, by where and how it ended.
  std::map<std::pair<Stage, OutcomeClass>, std::size_t> endpoints;
  /// Domains whose MTA-STS policy could not be fetched when it should have been.
  std::map<StsFault, std::size_t> sts;
};

/// Of `endpoints` alone: a word that is none of ours is not counted. Pure.
[[nodiscard]] FailureCauses failure_causes(const Endpoints& endpoints);

}  // namespace tlspact

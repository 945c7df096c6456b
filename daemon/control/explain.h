// SPDX-License-Identifier: MIT
/// explain(): why one next-hop is treated as it is.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/control/refresh.h"
#include "generators/generator.h"
#include "generators/rendered_entry.h"
#include "policy/decision.h"

namespace tlspact {

struct Explanation {
  Decision decision;
  /// The key that both MTAs find the entry under: the next-hop itself, or the `.parent` pattern of
  /// an agreement that says it all.
  PolicyKey map_key;
  RenderedEntry postfix;
  RenderedEntry exim;
  Notices notices;                        ///< what the decision and the MTAs leave open
  std::vector<EndpointMemory> endpoints;  ///< of its MX hosts, as they were last seen
  /// What evidence says of the policy in force, and of one in mode testing, by its source.
  std::vector<HostProof> proofs;
  std::vector<std::pair<std::string, std::vector<HostProof>>> testing;
};

[[nodiscard]] Explanation explain(const Refreshed& refreshed, const PolicyKey& key,
                                  const GeneratorSettings& settings, Time now);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Bringing what probes and deliveries saw into the store.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/probe/probe_run.h"
#include "daemon/store/store.h"

namespace tlspact {

/// What run_probes() has seen, with what follows from it: `states`, which are those of the store,
/// are brought up to date, then kept.
[[nodiscard]] Result<void> keep_evidence(Store& store, const ProbeReport& report,
                                         const ProbeOptions& options, ProbeStates& states);

/// Takes out of a report the next-hops that are not `wanted` any more, with the evidence on hosts
/// that no other next-hop of it has. Pure.
void leave_out_forgotten(ProbeReport& report, const std::set<std::string>& wanted);

/// What is known, as run_probes() takes it.
[[nodiscard]] Result<ProbeStates> read_probe_states(Store& store);

/// What deliveries have seen: remembered as that of a probe is.
[[nodiscard]] Result<void> keep_seen(Store& store, std::span<const Evidence> seen,
                                     const LearnRules& rules, Seconds interval);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Whether the mail servers of this machine can do DANE, as far as that rests on their resolvers.
#pragma once

#include "daemon/config/config.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/run_record.h"
#include "daemon/control/wiring/finding.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Reads and asks the resolvers of the mail servers here that DANE levels may be rendered for.
/// 6 seconds at most for each, if nobody answers.
void ask_resolvers(const Config& config, MtaFacts& facts);

/// Of what was not asked, or gave no answer that tells, the last run's conclusion holds: DNS that
/// fails, or is made to fail, changes no map. Without one, DANE levels are rendered.
void keep_conclusions(const std::optional<RunRecord>& last_run, MtaFacts& facts);

/// For the next run.
[[nodiscard]] ResolverFaults conclusions(const MtaFacts& facts);

/// What is to be said of resolvers that were asked. An alert where entries of the snapshot ask for
/// DANE, else a note: no mail depends on it.
[[nodiscard]] Findings resolver_findings(const Config& config, const MtaFacts& facts,
                                         const Snapshot& snapshot);

}  // namespace tlspact

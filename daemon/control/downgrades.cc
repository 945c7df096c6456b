// SPDX-License-Identifier: MIT
#include "daemon/control/downgrades.h"

#include <algorithm>
#include <string>

#include "policy/decide.h"
#include "policy/guards.h"

namespace tlspact {
namespace {

/// The winner is the one that it was: it asks for less, or what was composed with it does. What was
/// is not known any more; what else there is, and does not count, may be it.
std::string cause_beside(const Judged& winner, const Decision& decision) {
  if (winner.candidate.source != Source::agreement) return "it asks for less now";
  for (const Judged& each : decision.judged) {
    if (each.standing != Standing::expired && each.standing != Standing::mode_none) continue;
    const std::string name =
        each.candidate.source == Source::list ? " " + each.candidate.provenance.name : "";
    return "it asks for less now, or " + std::string{source_name(each.candidate.source)} + name +
           " does: " + std::string{standing_text(each.standing)};
  }
  return "it asks for less now, or what it was composed with does";
}

/// What the source that was in force before says now.
std::string cause_of(const SnapshotEntry& before, const Refreshed& refreshed) {
  const Decision decision = decide(before.key, refreshed.inputs.candidates_for(before.key),
                                   refreshed.rules, refreshed.snapshot.decided_at);
  for (const Judged& each : decision.judged) {
    const bool same =
        each.candidate.source == before.source && each.candidate.provenance.name == before.origin;
    if (same && each.standing == Standing::wins) return cause_beside(each, decision);
    if (same) return std::string{standing_text(each.standing)};
  }
  return before.source == Source::agreement ? "the agreement on it is gone"
                                            : "it is not named there any more";
}

/// Many domains may lose their agreements at once: a text that named each would be said for each.
std::string source_of(const SnapshotEntry& entry) {
  const std::string source{source_name(entry.source)};
  return entry.source == Source::list ? source + " " + entry.origin : source;
}

}  // namespace

Notices downgrade_notices(const Snapshot& before, const Refreshed& now) {
  NoticeTally notices;
  each_downgrade(before, now.snapshot, [&](const Downgrade& downgrade) {
    const SnapshotEntry& entry = downgrade.before;
    const std::string after =
        downgrade.after ? std::string{level_name(*downgrade.after)} : "no entry";
    notices.add(Severity::warning, entry.text(),
                "is less strict than before: " + after + " instead of " +
                    std::string{level_name(entry.policy->level)} + " by " + source_of(entry) +
                    " (" + cause_of(entry, now) + ")");
  });
  return notices.take();
}

}  // namespace tlspact

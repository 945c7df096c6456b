// SPDX-License-Identifier: MIT
/// From everything that the sources know to the entries that are in force.
#pragma once

#include <optional>

#include "policy/decide.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Decides every key of `inputs`. An entry that would only repeat what an agreement's `.parent`
/// says anyway is left out: both MTAs find the parent's.
[[nodiscard]] Snapshot build_snapshot(const PolicyInputs& inputs, const DecisionRules& rules,
                                      Time now);

/// What `remark` means for `key`, as a notice.
[[nodiscard]] Notice notice_of(Remark remark, const Decision& decision);

/// The entry that a decision leads to; nullopt: none.
[[nodiscard]] std::optional<SnapshotEntry> entry_of(const Decision& decision);

/// Whether the decision for a domain only repeats what the agreement on a `.parent` says on its own
/// key, so that no entry of its own is needed.
[[nodiscard]] bool repeats_parent(const Decision& decision);

}  // namespace tlspact

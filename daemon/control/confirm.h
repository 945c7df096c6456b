// SPDX-License-Identifier: MIT
/// After an install: looking one changed key up the way the MTA does.
#pragma once

#include <optional>
#include <span>

#include "daemon/control/mta_facts.h"
#include "generators/install/row_changes.h"
#include "generators/install/staging.h"
#include "policy/notice.h"

namespace tlspact {

/// For every table of `artifacts`, the first of whose changed keys is in `changes` at the same
/// index: `postmap -q` and `exim -be`. What cannot be asked because the program is not installed is
/// a note; a wrong answer is an Error.
[[nodiscard]] Result<void> confirm_installed(std::span<const StagedArtifact> artifacts,
                                             std::span<const std::optional<RowChange>> changes,
                                             const MtaFacts& facts, Notices& notices);

}  // namespace tlspact

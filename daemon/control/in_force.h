// SPDX-License-Identifier: MIT
/// InForce: what the maps in place hold, whichever process installed them.
#pragma once

#include <optional>

#include "daemon/config/config.h"
#include "daemon/control/run_record.h"
#include "generators/install/history.h"

namespace tlspact {

struct InForce {
  std::optional<Time> decided_at;  ///< by the last run that installed; nullopt: none has yet
  EntryCounts counts;
  std::optional<Hold> hold;  ///< an operator's rollback
};

/// From the record of the last run, and while a rollback holds from the snapshot that went back
/// with the maps. Reads files of state_dir and takes no lock.
[[nodiscard]] InForce in_force(const Config& config);

/// Of the rollback alone.
[[nodiscard]] std::optional<Hold> hold_in_force(const Config& config);

/// Whether the snapshot that answers live look-ups is where it was published, and whole by its
/// checksum. Errors: no_input, it is not there; bad_input.
[[nodiscard]] Result<void> check_published(const Config& config);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Going back to an earlier generation of maps, and staying there.
#pragma once

#include <optional>
#include <vector>

#include "daemon/control/installation.h"

namespace tlspact {

struct RollbackReport {
  unsigned generation = 0;  ///< the one whose files are in place now
  std::vector<GeneratedFile> files;
  Notices notices;
};

/// Installs the files of generation `number`, or without one those of the generation before the
/// newest, as a generation of its own, and holds the maps there: the next runs install nothing
/// until release_rollback(). What answers live look-ups goes back with them. Files that the
/// generation did not have are left alone. Errors:
/// no_input, no such generation, or a file of it is gone; those of Installation::install.
[[nodiscard]] Result<RollbackReport> roll_back(const Config& config, std::optional<unsigned> number,
                                               Time now);

/// Lets runs install again; false: nothing was held.
[[nodiscard]] Result<bool> release_rollback(const Config& config);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Going back to an earlier generation of maps, and staying there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/control/installation.h"

namespace tlspact {

struct RollbackReport {
  unsigned generation = 0;  ///< the one whose files are in place now
  std::vector<GeneratedFile> files;
  Notices notices;
};

/// Installs the files of generation `number`, as a generation of its own, and holds the maps there:
/// the next runs install nothing until release_rollback(). Without a number it is the generation
/// before the one in force, so that each rollback goes further back; one that was killed is
/// finished. What answers live look-ups goes back with them. Files that the
/// generation did not have are left alone. Errors:
/// no_input, no such generation, or a file of it is gone; those of Installation::install.
[[nodiscard]] Result<RollbackReport> roll_back(const Config& config, std::optional<unsigned> number,
                                               Time now);

/// Puts what answers live look-ups back as it was with the generation held, where it has gone.
/// Errors: no_input or bad_input, it was not kept either; io.
[[nodiscard]] Result<void> restore_held_snapshot(const Config& config, const History& history,
                                                 const Hold& hold);

/// Lets runs install again; false: nothing was held.
[[nodiscard]] Result<bool> release_rollback(const Config& config);

/// "the maps are held at generation 4 since …".
[[nodiscard]] std::string hold_text(const Hold& hold);

/// For where what is decided now is shown meanwhile.
[[nodiscard]] Notice held_notice(const Hold& hold);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The maps of a drill: those in place, with the drill's own rows among theirs.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "generators/artifact.h"
#include "policy/result.h"

namespace tlspact {

/// Key -> value of the drill's rows, as the generators render them.
using DrillRows = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] Result<DrillRows> drill_rows(const Artifact& map);

/// Writes a new table at `copy`: the rows of `installed`, in their order, and `rows`, which hold
/// where both have a key. Row by row.
[[nodiscard]] Result<void> copy_with_rows(TableType type, const std::filesystem::path& installed,
                                          const std::filesystem::path& copy, const DrillRows& rows);

/// Shows such a copy, made below `work`, in the place of each map among `artifacts` that is in
/// place. Returns the drill's rows. Error no_input: none is in place.
[[nodiscard]] Result<DrillRows> show_drill_maps(std::span<const Artifact> artifacts,
                                                const std::filesystem::path& work);

}  // namespace tlspact

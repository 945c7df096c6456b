// SPDX-License-Identifier: MIT
/// Giving up root before anything of ours is opened.
#pragma once

#include <filesystem>

#include "policy/result.h"

namespace tlspact {

/// If this process is root and `state_dir` belongs to somebody else, becomes that user, for good:
/// a store or map that another user may write must not be followed as root. Does nothing if the
/// directory does not exist or is root's.
[[nodiscard]] Result<void> become_owner_of(const std::filesystem::path& state_dir);

}  // namespace tlspact

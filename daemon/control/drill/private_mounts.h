// SPDX-License-Identifier: MIT
/// Mounts within a mount namespace of our own: files and directories that only those in it see.
#pragma once

#include <filesystem>

#include "policy/result.h"

namespace tlspact {

/// What is mounted from now on is not seen outside, and whatever is there now is read-only here.
[[nodiscard]] Result<void> make_mounts_private();

/// An empty file system in memory, mode 0755.
[[nodiscard]] Result<void> mount_memory(const std::filesystem::path& directory);

/// Shows `source` at `target`, both files or both directories; a symbolic link is followed.
[[nodiscard]] Result<void> show_at(const std::filesystem::path& source,
                                   const std::filesystem::path& target);

/// Directories, files and symbolic links of a tree, with owners and modes, into a directory that
/// is made; sockets and devices are left out. Owners matter: only as root.
[[nodiscard]] Result<void> copy_tree(const std::filesystem::path& from,
                                     const std::filesystem::path& to);

/// An empty directory with the owner and mode of another one.
[[nodiscard]] Result<void> make_like(const std::filesystem::path& model,
                                     const std::filesystem::path& made);

}  // namespace tlspact

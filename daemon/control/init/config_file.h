// SPDX-License-Identifier: MIT
/// One file of an MTA's configuration: what stands there, and replacing it in one step.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// What init wants a file to hold.
struct FileChange {
  std::filesystem::path path;
  std::string text;
  std::vector<std::string> what;  ///< for people: one line for each setting that is changed in it
};

/// What stands at a path. `path` is the file itself: a symbolic link is followed.
struct FileState {
  std::filesystem::path path;
  bool exists = false;
  std::string bytes;
  mode_t mode = 0644;
  uid_t owner = 0;
  gid_t group = 0;
};

/// A file that does not exist is a state, too. Error: it cannot be read, or is no plain file.
[[nodiscard]] Result<FileState> read_file_state(const std::filesystem::path& path);

/// Makes the path hold this state: written beside, flushed, renamed, with owner, mode and extended
/// attributes (SELinux) of `state` and of the file that is replaced; or removed. A reader sees the
/// old file or the new one. Missing directories are made.
[[nodiscard]] Result<void> write_file_state(const FileState& state);

/// Lower-case hex.
[[nodiscard]] std::string sha256_hex(const std::string& bytes);

/// The directories above `path` that do not exist, outermost first.
[[nodiscard]] std::vector<std::filesystem::path> missing_parents(const std::filesystem::path& path);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The file of the snapshot that was published last.
#pragma once

#include <filesystem>

#include "policy/result.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Replaces the file by rename, mode 0644. Holds keys, rulings and origins as they lie in memory,
/// for machines of the same byte order, with a checksum; not the notices and the inbound
/// agreements. Not flushed to disk before the rename: what a crash of the machine leaves does not
/// have its checksum and reads as damaged.
[[nodiscard]] Result<void> write_snapshot(const std::filesystem::path& file,
                                          const Snapshot& snapshot);

/// Errors: no_input, there is none; bad_input, it is damaged or of another version.
[[nodiscard]] Result<Snapshot> read_snapshot(const std::filesystem::path& file);

}  // namespace tlspact

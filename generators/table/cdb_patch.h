// SPDX-License-Identifier: MIT
/// A cdb made from another one that differs in a few rows, without rendering the others again.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "generators/table/table.h"
#include "policy/result.h"

namespace tlspact {

/// What becomes of one key.
struct RowPatch {
  std::string key;
  std::optional<std::string> value;  ///< nullopt: its row goes, if there is one
};

struct PatchedCdb {
  RowDigest read;     ///< of the rows of the file that was patched
  RowDigest written;  ///< of the new rows
};

/// Writes `to`, which must not exist, and flushes it to disk: byte for byte what create_table()
/// writes for the rows of `from` with `patches` made. `patches` are in ascending order of their
/// keys, each key once. `from` must be a file that create_table() wrote: rows that are not in
/// ascending order, or a file that is not whole, are an Error (bad_input). A value that has changed
/// on the disk is not seen: whoever knows the digest of the rows of `from` compares it with `read`.
/// After an Error, `to` is of no use and the caller's to remove.
[[nodiscard]] Result<PatchedCdb> patch_cdb(const std::filesystem::path& from,
                                           std::span<const RowPatch> patches,
                                           const std::filesystem::path& to);

}  // namespace tlspact

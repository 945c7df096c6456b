// SPDX-License-Identifier: MIT
/// One writer and one reader a table type; see table.h for their contract.
#pragma once

#include <filesystem>

#include "generators/table/table.h"

namespace tlspact {

/// Constant database without trailing NULs, so that the same file serves Postfix and Exim (Postfix
/// accepts keys with and without NUL, Exim only without). At most 4 GiB.
[[nodiscard]] Result<void> write_cdb(const std::filesystem::path& path, const Rows& rows);
[[nodiscard]] Result<Rows> read_cdb(const std::filesystem::path& path);

/// One file, no subdirectory and no lock file, keys and values with a trailing NUL, as Postfix
/// writes them.
[[nodiscard]] Result<void> write_lmdb(const std::filesystem::path& path, const Rows& rows);
[[nodiscard]] Result<Rows> read_lmdb(const std::filesystem::path& path);

/// Berkeley DB, by `postmap`, which must be installed. The bytes differ from run to run.
[[nodiscard]] Result<void> write_hash(const std::filesystem::path& path, const Rows& rows);
[[nodiscard]] Result<Rows> read_hash(const std::filesystem::path& path);

/// A comment line, then "key value" lines.
[[nodiscard]] Result<void> write_texthash(const std::filesystem::path& path, const Rows& rows);
[[nodiscard]] Result<Rows> read_texthash(const std::filesystem::path& path);

/// The text form that texthash has and that postmap reads.
[[nodiscard]] std::string texthash_text(const Rows& rows);

}  // namespace tlspact

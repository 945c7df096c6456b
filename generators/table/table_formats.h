// SPDX-License-Identifier: MIT
/// One writer and one reader a table type; see table.h for their contract.
#pragma once

#include <filesystem>
#include <memory>

#include "generators/table/table.h"

namespace tlspact {

/// Constant database without trailing NULs, so that the same file serves Postfix and Exim (Postfix
/// accepts keys with and without NUL, Exim only without). At most 4 GiB.
[[nodiscard]] Result<std::unique_ptr<TableWriter>> create_cdb(const std::filesystem::path& path);
[[nodiscard]] Result<std::unique_ptr<TableReader>> open_cdb(const std::filesystem::path& path);

/// One file, no subdirectory and no lock file, keys and values with a trailing NUL, as Postfix
/// writes them.
[[nodiscard]] Result<std::unique_ptr<TableWriter>> create_lmdb(const std::filesystem::path& path);
[[nodiscard]] Result<std::unique_ptr<TableReader>> open_lmdb(const std::filesystem::path& path);

/// Berkeley DB, by `postmap`, which must be installed. The bytes differ from run to run.
[[nodiscard]] Result<std::unique_ptr<TableWriter>> create_hash(const std::filesystem::path& path);
[[nodiscard]] Result<std::unique_ptr<TableReader>> open_hash(const std::filesystem::path& path);

/// A comment line, then "key value" lines.
[[nodiscard]] Result<std::unique_ptr<TableWriter>> create_texthash(
    const std::filesystem::path& path);
[[nodiscard]] Result<std::unique_ptr<TableReader>> open_texthash(const std::filesystem::path& path);

}  // namespace tlspact

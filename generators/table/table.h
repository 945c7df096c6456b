// SPDX-License-Identifier: MIT
/// Rows of a lookup table, the table types, and reading and writing them whole.
///
/// Neither knows what the values mean. Callers see to it that keys are sorted and unique: with a
/// duplicate key the first record of a cdb wins.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace tlspact {

struct Row {
  std::string key;
  std::string value;
  friend auto operator<=>(const Row&, const Row&) = default;
};

using Rows = std::vector<Row>;

/// The table types of Postfix that tlspact writes. Exim reads cdb.
enum class TableType { cdb, lmdb, hash, texthash };

/// "cdb" and so on, as in `smtp_tls_policy_maps = cdb:/path`.
[[nodiscard]] std::string_view table_type_name(TableType type);
[[nodiscard]] std::optional<TableType> parse_table_type(std::string_view name);

/// ".cdb", ".lmdb", ".db"; empty for texthash. Postfix adds it to the path it is configured with.
[[nodiscard]] std::string_view table_extension(TableType type);

/// Writes a new table file at `path` (with its extension), which must not exist, mode 0644, and
/// flushes it to disk. The same rows give the same bytes, except for hash. hash runs postmap.
[[nodiscard]] Result<void> write_table(TableType type, const std::filesystem::path& path,
                                       const Rows& rows);

/// Reads every row of a table file, in key order. Errors: it cannot be opened (no_input), or it is
/// truncated or not of that type (bad_input).
[[nodiscard]] Result<Rows> read_table(TableType type, const std::filesystem::path& path);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Rows of a lookup table, the table types, and reading and writing them row by row.
///
/// None of it knows what the values mean. Rows come in ascending order of their keys, each key
/// once; callers see to it (with a duplicate key the first record of a cdb wins).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
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

/// A table file while it is written. Without finish() the file is of no use, and is the caller's to
/// remove.
class TableWriter {
 public:
  TableWriter() = default;
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;
  TableWriter(TableWriter&&) = delete;
  TableWriter& operator=(TableWriter&&) = delete;
  virtual ~TableWriter() = default;

  [[nodiscard]] virtual Result<void> add(std::string_view key, std::string_view value) = 0;
  /// Completes the file and flushes it to disk. Once.
  [[nodiscard]] virtual Result<void> finish() = 0;
};

/// A table file while it is read.
class TableReader {
 public:
  TableReader() = default;
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  TableReader(TableReader&&) = delete;
  TableReader& operator=(TableReader&&) = delete;
  virtual ~TableReader() = default;

  /// Moves to the next row; false behind the last. Error bad_input: the file is damaged here.
  [[nodiscard]] virtual Result<bool> next() = 0;
  /// Of the row that next() moved to; valid until the following next().
  [[nodiscard]] virtual std::string_view key() const = 0;
  [[nodiscard]] virtual std::string_view value() const = 0;
};

/// Begins a new table file at `path` (with its extension), which must not exist, mode 0644. The
/// same rows give the same bytes, except for hash, which finish() has postmap write.
[[nodiscard]] Result<std::unique_ptr<TableWriter>> create_table(TableType type,
                                                                const std::filesystem::path& path);

/// Opens a table file. A cdb's rows are also found through its hash tables as an MTA does (of a
/// large table, a part of them). Errors:
/// it cannot be opened (no_input), or it is truncated or not of that type (bad_input).
[[nodiscard]] Result<std::unique_ptr<TableReader>> open_table(TableType type,
                                                              const std::filesystem::path& path);

/// A whole table in one call.
[[nodiscard]] Result<void> write_table(TableType type, const std::filesystem::path& path,
                                       const Rows& rows);
[[nodiscard]] Result<Rows> read_table(TableType type, const std::filesystem::path& path);

/// Tells rows apart without keeping them: two digests of the same rows in the same order are equal.
/// Against mistakes and broken disks, not against an attacker.
class RowDigest {
 public:
  void add(std::string_view key, std::string_view value) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // spreads what a sum would lose
    hash_ = (hash_ ^ std::hash<std::string_view>{}(key)) * kOdd;
    hash_ = (hash_ ^ std::hash<std::string_view>{}(value)) * kOdd;
    ++rows_;
  }
  [[nodiscard]] std::size_t rows() const { return rows_; }

  /// "HASH/ROWS", the hash in hexadecimal digits. Good for the same build of this program alone:
  /// std::hash may give other values in another.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<RowDigest> parse(std::string_view text);

  friend bool operator==(const RowDigest&, const RowDigest&) = default;

 private:
  std::uint64_t hash_ = 0;
  std::size_t rows_ = 0;
};

/// The digest of every row of a table file.
[[nodiscard]] Result<RowDigest> digest_table(TableType type, const std::filesystem::path& path);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Artifact: a rendered file and the path it belongs at.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "generators/install/file_identity.h"
#include "generators/table/cdb_patch.h"
#include "generators/table/table.h"
#include "policy/notice.h"

namespace tlspact {

/// Takes the rows of a map one by one; an Error ends the stream.
using RowSink = std::function<Result<void>(std::string_view key, std::string_view value)>;

/// What a pass over the rows brought to light beside them.
struct StreamReport {
  std::size_t entries = 0;  ///< rows that an entry of the snapshot led to
  Notices notices;          ///< what the MTA cannot express, or only with gaps
};

/// How the rows of a map differ from those of an earlier one.
struct RowDelta {
  std::vector<RowPatch> patches;  ///< ascending by key, each key once
  StreamReport report;            ///< of all rows, those that did not change included
};

/// The rows of one map, rendered while they are asked for and never kept, in ascending order of
/// their keys, each key once. Every pass gives the same rows. What it is made from must outlive it.
class RowStream {
 public:
  RowStream() = default;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  RowStream(RowStream&&) = delete;
  RowStream& operator=(RowStream&&) = delete;
  virtual ~RowStream() = default;

  /// An Error is the sink's.
  [[nodiscard]] virtual Result<StreamReport> each(const RowSink& sink) const = 0;

  /// What differs from `before`, a stream of the same MTA and options over another snapshot, whose
  /// pass ended with `reported`. nullopt: too much, or it cannot be told.
  [[nodiscard]] virtual std::optional<RowDelta> since(const RowStream& before,
                                                      const StreamReport& reported) const {
    static_cast<void>(before);
    static_cast<void>(reported);
    return std::nullopt;
  }
};

/// The table that stands in place, if it is known what it was made from.
struct InstalledTable {
  FileIdentity identity;                    ///< it is not this table if it has another one
  std::shared_ptr<const RowStream> stream;  ///< that it was made from
  StreamReport reported;
  /// Of its rows when they were written. What stands there may have rotted with the same identity.
  RowDigest digest;
};

struct TableContent {
  TableType type = TableType::cdb;
  std::shared_ptr<const RowStream> rows;  ///< shared by the types of one map
  /// Of a cdb: so that only what differs is rendered. Never changes what the file will be.
  std::optional<InstalledTable> installed = {};
};

/// A file that exists elsewhere, byte for byte: one of an earlier generation.
struct CopiedContent {
  std::filesystem::path source;
  std::optional<TableType> type;  ///< nullopt: a plain file
};

struct Artifact {
  std::filesystem::path path;  ///< as configured, with the extension of its type
  std::variant<TableContent, std::string, CopiedContent> content;
  std::string mta;             ///< "Postfix" or "Exim"
  bool read_at_start = false;  ///< of a plain file: the MTA sees a change only after a reload
  std::size_t rows = 0;        ///< of a plain file that is a table

  /// nullptr unless its rows are made by a stream.
  [[nodiscard]] const TableContent* table() const { return std::get_if<TableContent>(&content); }
  [[nodiscard]] const CopiedContent* copied() const { return std::get_if<CopiedContent>(&content); }
  /// nullopt for a plain file.
  [[nodiscard]] std::optional<TableType> table_type() const {
    if (table() != nullptr) return table()->type;
    return copied() != nullptr ? copied()->type : std::nullopt;
  }

  /// Whether its MTA must be reloaded to see it changed. A new file without rows needs none.
  [[nodiscard]] bool needs_reload(bool is_new) const {
    if (const auto type = table_type()) return *type == TableType::texthash;
    return read_at_start && (rows > 0 || !is_new);
  }

  /// What the MTA is configured with: without the extension for Postfix ("cdb:" + this).
  [[nodiscard]] std::filesystem::path lookup_path() const {
    std::filesystem::path out = path;
    if (mta == "Postfix") out.replace_extension();
    return out;
  }
};

}  // namespace tlspact

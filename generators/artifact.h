// SPDX-License-Identifier: MIT
/// Artifact: a rendered file and the path it belongs at.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "generators/table/table.h"

namespace tlspact {

struct TableContent {
  TableType type = TableType::cdb;
  std::shared_ptr<const Rows> rows;  ///< sorted, unique keys; shared by the types of one map
};

struct Artifact {
  std::filesystem::path path;  ///< as configured, with the extension of its type
  std::variant<TableContent, std::string> content;
  std::string mta;             ///< "Postfix" or "Exim"
  bool read_at_start = false;  ///< of a plain file: the MTA sees a change only after a reload
  std::size_t rows = 0;        ///< of a plain file that is a table

  /// nullptr for a plain file.
  [[nodiscard]] const TableContent* table() const { return std::get_if<TableContent>(&content); }

  /// Whether its MTA must be reloaded to see it changed. A new file without rows needs none.
  [[nodiscard]] bool needs_reload(bool is_new) const {
    if (const TableContent* rows_of = table()) return rows_of->type == TableType::texthash;
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

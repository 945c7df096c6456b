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
  std::string mta;  ///< "Postfix" or "Exim"

  /// nullptr for a plain file.
  [[nodiscard]] const TableContent* table() const { return std::get_if<TableContent>(&content); }

  /// What the MTA is configured with: without the extension for Postfix ("cdb:" + this).
  [[nodiscard]] std::filesystem::path lookup_path() const {
    std::filesystem::path out = path;
    if (mta == "Postfix") out.replace_extension();
    return out;
  }
};

}  // namespace tlspact

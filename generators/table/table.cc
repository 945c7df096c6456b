// SPDX-License-Identifier: MIT
#include "generators/table/table.h"

#include <array>

#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

struct Format {
  TableType type;
  std::string_view name;
  std::string_view extension;
  Result<void> (*write)(const std::filesystem::path&, const Rows&);
  Result<Rows> (*read)(const std::filesystem::path&);
};

/// Every table type. A new one is one source file and one line here.
constexpr std::array kFormats{
    Format{TableType::cdb, "cdb", ".cdb", write_cdb, read_cdb},
    Format{TableType::lmdb, "lmdb", ".lmdb", write_lmdb, read_lmdb},
    Format{TableType::hash, "hash", ".db", write_hash, read_hash},
    Format{TableType::texthash, "texthash", "", write_texthash, read_texthash},
};

const Format& format_of(TableType type) {
  return kFormats.at(static_cast<std::size_t>(type));
}

}  // namespace

std::string_view table_type_name(TableType type) {
  return format_of(type).name;
}

std::optional<TableType> parse_table_type(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return format.type;
  }
  return std::nullopt;
}

std::string_view table_extension(TableType type) {
  return format_of(type).extension;
}

Result<void> write_table(TableType type, const std::filesystem::path& path, const Rows& rows) {
  return format_of(type).write(path, rows);
}

Result<Rows> read_table(TableType type, const std::filesystem::path& path) {
  return format_of(type).read(path);
}

}  // namespace tlspact

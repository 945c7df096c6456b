// SPDX-License-Identifier: MIT
#include "generators/table/table.h"

#include <array>
#include <charconv>

#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

struct Format {
  TableType type;
  std::string_view name;
  std::string_view extension;
  Result<std::unique_ptr<TableWriter>> (*create)(const std::filesystem::path&);
  Result<std::unique_ptr<TableReader>> (*open)(const std::filesystem::path&);
};

/// Every table type. A new one is one source file and one line here.
constexpr std::array kFormats{
    Format{TableType::cdb, "cdb", ".cdb", create_cdb, open_cdb},
    Format{TableType::lmdb, "lmdb", ".lmdb", create_lmdb, open_lmdb},
    Format{TableType::hash, "hash", ".db", create_hash, open_hash},
    Format{TableType::texthash, "texthash", "", create_texthash, open_texthash},
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

Result<std::unique_ptr<TableWriter>> create_table(TableType type,
                                                  const std::filesystem::path& path) {
  return format_of(type).create(path);
}

Result<std::unique_ptr<TableReader>> open_table(TableType type, const std::filesystem::path& path) {
  return format_of(type).open(path);
}

Result<void> write_table(TableType type, const std::filesystem::path& path, const Rows& rows) {
  auto writer = create_table(type, path);
  if (!writer) return std::unexpected(writer.error());
  for (const Row& row : rows) {
    if (auto added = (*writer)->add(row.key, row.value); !added) return added;
  }
  return (*writer)->finish();
}

Result<Rows> read_table(TableType type, const std::filesystem::path& path) {
  auto reader = open_table(type, path);
  if (!reader) return std::unexpected(reader.error());
  Rows rows;
  for (;;) {
    const auto more = (*reader)->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return rows;
    rows.push_back({std::string{(*reader)->key()}, std::string{(*reader)->value()}});
  }
}

std::string RowDigest::text() const {
  constexpr int kHex = 16;
  std::array<char, 2 * sizeof hash_> hash{};
  const auto end = std::to_chars(hash.data(), hash.data() + hash.size(), hash_, kHex).ptr;
  return std::string{hash.data(), end} + "/" + std::to_string(rows_);
}

std::optional<RowDigest> RowDigest::parse(std::string_view text) {
  constexpr int kHex = 16;
  RowDigest out;
  const char* const end = text.data() + text.size();
  const auto hash = std::from_chars(text.data(), end, out.hash_, kHex);
  if (hash.ec != std::errc{} || hash.ptr == end || *hash.ptr != '/') return std::nullopt;
  const auto rows = std::from_chars(hash.ptr + 1, end, out.rows_);
  if (rows.ec != std::errc{} || rows.ptr != end) return std::nullopt;
  return out;
}

Result<RowDigest> digest_table(TableType type, const std::filesystem::path& path) {
  auto reader = open_table(type, path);
  if (!reader) return std::unexpected(reader.error());
  RowDigest digest;
  for (;;) {
    const auto more = (*reader)->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return digest;
    digest.add((*reader)->key(), (*reader)->value());
  }
}

}  // namespace tlspact

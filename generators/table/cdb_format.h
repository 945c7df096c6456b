// SPDX-License-Identifier: MIT
/// The layout of a cdb file: a header of 256 pointers to hash tables, the records, the hash tables.
#pragma once

#include <cdb.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tlspact {

inline constexpr std::size_t kCdbTables = 256;
/// Position and slots of each hash table. A shorter file kills Postfix's smtp(8).
inline constexpr std::size_t kCdbHeader = kCdbTables * 8;

/// Precondition: four bytes stand there.
inline std::uint32_t cdb_number(std::string_view bytes, std::size_t at) {
  return cdb_unpack(reinterpret_cast<const unsigned char*>(bytes.data() + at));
}

/// Whether the last of the 256 hash tables ends where the file ends. tinycdb itself reads a file
/// that is cut off behind its header as an empty one.
inline bool is_whole_cdb(std::string_view header, std::uint64_t file_size) {
  if (header.size() < kCdbHeader) return false;
  std::uint64_t end = 0;
  for (std::size_t at = 0; at < kCdbHeader; at += 8) {
    const std::uint64_t slots = cdb_number(header, at + 4);
    end = std::max(end, cdb_number(header, at) + slots * 8);
  }
  return end == file_size;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// A file of byte strings with a checksum: what lies in memory in large blocks, kept for the next
/// run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// Replaces the file by rename, mode `mode`. For machines of the same byte order. Not flushed to
/// disk before the rename: what a crash of the machine leaves does not have its checksum. `kind`
/// tells such files, and their versions, apart.
[[nodiscard]] Result<void> write_parts(const std::filesystem::path& file, std::string_view kind,
                                       std::span<const std::string_view> parts, unsigned mode);

/// The parts, `count` of them. Errors: no_input, there is none; bad_input, it is damaged or of
/// another kind. The checksum is against mistakes and broken disks, not against an attacker.
[[nodiscard]] Result<std::vector<std::string>> read_parts(const std::filesystem::path& file,
                                                          std::string_view kind, std::size_t count);

/// Numbers as a part, and back; empty if the size does not fit.
template <class Number>
std::string_view number_part(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}
template <class Number>
std::vector<Number> numbers_of(const std::string& part) {
  std::vector<Number> numbers(part.size() / sizeof(Number));
  if (!numbers.empty()) part.copy(reinterpret_cast<char*>(numbers.data()), part.size());
  return numbers;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Checksum: whether bytes are still what they were.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

/// Of 64 bits, eight bytes at a time: against mistakes and broken disks, not against an attacker.
class Checksum {
 public:
  Checksum() = default;
  explicit Checksum(std::uint64_t so_far) : sum_(so_far) {}

  void add(std::string_view bytes) {
    const std::size_t words = bytes.size() / kWord * kWord;
    add_words(bytes.substr(0, words));
    add_end(bytes.substr(words));
  }
  /// The start of what add() adds: whole words.
  void add_words(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(kWord))
      mix(bytes.data(), kWord, 0);
  }
  /// The rest of it, less than a word.
  void add_end(std::string_view bytes) { mix(bytes.data(), bytes.size(), bytes.size() + 1); }
  [[nodiscard]] std::uint64_t value() const { return sum_; }

  static constexpr std::size_t kWord = sizeof(std::uint64_t);

 private:
  void mix(const char* bytes, std::size_t size, std::uint64_t length) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t word = 0;
    if (size > 0) std::memcpy(&word, bytes, size);
    sum_ = (sum_ ^ word ^ length << 56) * kOdd;
    sum_ ^= sum_ >> 29;
  }

  std::uint64_t sum_ = 1;
};

/// Beside a copy that is kept, in `FILE.sum`. Error: the file cannot be read, or the other written.
[[nodiscard]] Result<void> write_checksum(const std::filesystem::path& file);

/// Error (bad_input): the file is not what it was when its checksum was written. One that has none
/// passes.
[[nodiscard]] Result<void> verify_checksum(const std::filesystem::path& file);

}  // namespace tlspact

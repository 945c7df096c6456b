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

/// Whether the file is whole: of that kind, as long as it says, and with its checksum. Errors as
/// read_parts(). Goes over all of it, about a gigabyte a second, and keeps nothing.
[[nodiscard]] Result<void> check_parts(const std::filesystem::path& file, std::string_view kind,
                                       std::size_t count);

/// Where the parts lie in `file`, the bytes of a whole file: views of it. Only sizes are looked at,
/// so it takes no time, and what stands in the parts is still to be distrusted. bad_input as above.
[[nodiscard]] Result<std::vector<std::string_view>> parts_within(std::string_view file,
                                                                 std::string_view kind,
                                                                 std::size_t count);

/// The checksum of a file in memory, gone over in steps, for a reader that will not wait for it.
class PartsCheck {
 public:
  enum class State : std::uint8_t { going_on, good, damaged };

  PartsCheck() = default;
  /// `file` as parts_within() has taken it, with the same `count`. It must stay.
  PartsCheck(std::string_view file, std::size_t count);

  /// Looks at about `bytes` more. Once it is not going_on, it stays as it is.
  State step(std::size_t bytes);
  [[nodiscard]] State state() const { return state_; }
  /// What step() looks at next, of the same part.
  [[nodiscard]] std::string_view next() const {
    return left_.empty() ? std::string_view{} : left_.back();
  }

 private:
  State state_ = State::good;
  std::uint64_t expected_ = 0;
  std::uint64_t sum_ = 0;
  std::vector<std::string_view> left_;  ///< the last one is next
};

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

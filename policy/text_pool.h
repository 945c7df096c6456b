// SPDX-License-Identifier: MIT
/// TextPool: many small texts end to end in one block, told apart by number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// Costs eight bytes a text beside the text itself, where a std::string costs 32 and, above 15
/// bytes, an allocation. Texts are only ever added; add() invalidates the views given out before.
class TextPool {
 public:
  /// The number of the text, counted from 0.
  std::uint32_t add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
    return static_cast<std::uint32_t>(ends_.size() - 1);
  }

  [[nodiscard]] std::string_view operator[](std::size_t number) const {
    const std::uint64_t begin = number == 0 ? 0 : ends_[number - 1];
    return {bytes_.data() + begin, ends_[number] - begin};
  }

  [[nodiscard]] std::size_t size() const { return ends_.size(); }

  /// All texts end to end, and where each ends: what a file holds of it.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<std::uint64_t>& ends() const { return ends_; }

  /// From what bytes() and ends() gave. What comes from a file must be asked whether it is_whole()
  /// before anything else.
  [[nodiscard]] static TextPool of(std::string bytes, std::vector<std::uint64_t> ends) {
    TextPool pool;
    pool.bytes_ = std::move(bytes);
    pool.ends_ = std::move(ends);
    return pool;
  }

  [[nodiscard]] bool is_whole() const {
    return std::ranges::is_sorted(ends_) && bytes_.size() == (ends_.empty() ? 0 : ends_.back());
  }

  void shrink() {
    bytes_.shrink_to_fit();
    ends_.shrink_to_fit();
  }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};

}  // namespace tlspact

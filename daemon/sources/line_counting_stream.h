// SPDX-License-Identifier: MIT
/// An input stream that knows the line it is at, and whether it has passed on a NUL.
#pragma once

#include <algorithm>
#include <array>
#include <istream>
#include <streambuf>
#include <string>
#include <string_view>

namespace tlspact {

/// Passes the bytes of another stream on, counts newlines, and looks for JSON's \u0000. For one
/// reader.
class LineCountingBuffer : public std::streambuf {
 public:
  explicit LineCountingBuffer(std::istream& source) : source_(source) {}

  /// Of the next byte, beginning at 1.
  [[nodiscard]] unsigned line() const {
    return 1 + lines_before_ + static_cast<unsigned>(std::count(eback(), gptr(), '\n'));
  }

  [[nodiscard]] bool saw_nul() const { return saw_nul_; }

 protected:
  int_type underflow() override {
    lines_before_ += static_cast<unsigned>(std::count(eback(), egptr(), '\n'));
    source_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    look_for_nul({buffer_.data(), static_cast<std::size_t>(source_.gcount())});
    setg(buffer_.data(), buffer_.data(), buffer_.data() + source_.gcount());
    return source_.gcount() == 0 ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  /// The escape may lie across two blocks, so the end of the last one is kept.
  void look_for_nul(std::string_view block) {
    constexpr std::string_view kEscape = "\\u0000";
    const std::string seam = tail_ + std::string{block.substr(0, kEscape.size() - 1)};
    saw_nul_ = saw_nul_ || seam.contains(kEscape) || block.contains(kEscape);
    const std::string_view end = block.size() < kEscape.size() ? std::string_view{seam} : block;
    tail_ = end.substr(end.size() - std::min(end.size(), kEscape.size() - 1));
  }

  std::istream& source_;
  std::array<char, 65536> buffer_{};
  unsigned lines_before_ = 0;
  std::string tail_;
  bool saw_nul_ = false;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// An input stream that knows the line it is at.
#pragma once

#include <algorithm>
#include <array>
#include <istream>
#include <streambuf>

namespace tlspact {

/// Passes the bytes of another stream on and counts newlines. For one reader.
class LineCountingBuffer : public std::streambuf {
 public:
  explicit LineCountingBuffer(std::istream& source) : source_(source) {}

  /// Of the next byte, beginning at 1.
  [[nodiscard]] unsigned line() const {
    return 1 + lines_before_ + static_cast<unsigned>(std::count(eback(), gptr(), '\n'));
  }

 protected:
  int_type underflow() override {
    lines_before_ += static_cast<unsigned>(std::count(eback(), egptr(), '\n'));
    source_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    setg(buffer_.data(), buffer_.data(), buffer_.data() + source_.gcount());
    return source_.gcount() == 0 ? traits_type::eof() : traits_type::to_int_type(*gptr());
  }

 private:
  std::istream& source_;
  std::array<char, 65536> buffer_{};
  unsigned lines_before_ = 0;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// MappedFile: the bytes of a whole file, read as they are looked at.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "policy/result.h"

namespace tlspact {

/// Only for files that are replaced and never cut off while they are mapped: this program's own.
class MappedFile {
 public:
  /// Errors: it cannot be opened (no_input), or mapped (io). An empty file has no bytes.
  [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile(MappedFile&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        let_go_(other.let_go_) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return {begin_, size_}; }

  /// What lies before `position` is not needed for now: its memory is given back, in large steps.
  void let_go(std::size_t position);

 private:
  MappedFile(const char* begin, std::size_t size) : begin_(begin), size_(size) {}
  const char* begin_;
  std::size_t size_;
  std::size_t let_go_ = 0;
};

}  // namespace tlspact

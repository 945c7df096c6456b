// SPDX-License-Identifier: MIT
/// A private directory that goes with its owner.
#pragma once

#include <filesystem>
#include <utility>

#include "policy/result.h"

namespace tlspact {

/// Mode 0700, below `parent`, which is made if need be, or without one below TMPDIR or /tmp.
/// Removed with everything in it at the end.
class TempDirectory {
 public:
  [[nodiscard]] static Result<TempDirectory> make(const std::filesystem::path& parent = {});

  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  TempDirectory(TempDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDirectory& operator=(TempDirectory&&) = delete;
  ~TempDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tlspact

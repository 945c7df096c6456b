// SPDX-License-Identifier: MIT
/// RunLock: keeps two runs from mixing their files.
#pragma once

#include <filesystem>
#include <utility>

#include "policy/result.h"

namespace tlspact {

/// Holds flock(2) on a file for as long as it lives; the kernel lets go when the process ends,
/// however it ends.
class RunLock {
 public:
  /// Makes the directory if need be. Error try_again if another run holds it after ten seconds.
  [[nodiscard]] static Result<RunLock> take(const std::filesystem::path& file);

  /// Whether a run is at work. Makes nothing; a file that is not there or cannot be read is not
  /// held.
  [[nodiscard]] static bool is_held(const std::filesystem::path& file);

  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  RunLock(RunLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tlspact

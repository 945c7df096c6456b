// SPDX-License-Identifier: MIT
/// Reading from a mapped file that loses its pages: no process of ours dies of it.
#pragma once

#include <cstddef>

namespace tlspact {

/// A page of a mapped file that cannot be had (a broken disk, somebody cut the file off) is a
/// SIGBUS. With a guard around the mapping the page reads as zeros instead, and the guard has
/// tripped. What was read since is to be thrown away. At most eight at a time, on one thread; more
/// are not guarded.
class FaultGuard {
 public:
  FaultGuard(const char* begin, std::size_t size);
  FaultGuard(const FaultGuard&) = delete;
  FaultGuard& operator=(const FaultGuard&) = delete;
  FaultGuard(FaultGuard&&) = delete;
  FaultGuard& operator=(FaultGuard&&) = delete;
  ~FaultGuard();

  [[nodiscard]] bool has_tripped() const;

 private:
  int number_ = -1;
};

}  // namespace tlspact

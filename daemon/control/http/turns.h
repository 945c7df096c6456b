// SPDX-License-Identifier: MIT
/// Turns: only so many at a time do what takes long. std::timed_mutex and std::counting_semaphore
/// would do, but GCC 12's ThreadSanitizer does not see the one being locked, and its library may
/// sleep on in the other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace tlspact {

/// For any thread.
class Turns {
 public:
  explicit Turns(std::size_t at_once) : free_(at_once) {}

 private:
  friend class Turn;

  [[nodiscard]] bool take(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (!freed_.wait_for(lock, patience, [this] { return free_ > 0; })) return false;
    --free_;
    return true;
  }
  void give_back() {
    {
      const std::lock_guard lock{mutex_};
      ++free_;
    }
    freed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t free_;
};

/// Held until it goes out of scope, if it was had within `patience`.
class Turn {
 public:
  explicit Turn(Turns& of, std::chrono::milliseconds patience = {})
      : of_(of), has_(of.take(patience)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Turn(Turn&&) = delete;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (has_) of_.give_back();
  }
  explicit operator bool() const { return has_; }

 private:
  Turns& of_;
  bool has_;
};

}  // namespace tlspact

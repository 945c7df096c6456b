// SPDX-License-Identifier: MIT
/// OneAtATime: a lock that is waited for with patience. std::timed_mutex is one as well, but GCC
/// 12's ThreadSanitizer does not see it being locked.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tlspact {

/// For any thread.
class OneAtATime {
 public:
  /// Held until it goes out of scope, if it was had at all.
  class Turn {
   public:
    Turn(OneAtATime& of, std::chrono::milliseconds patience) : of_(of), has_(of.take(patience)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn(Turn&&) = delete;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (has_) of_.give_back();
    }
    explicit operator bool() const { return has_; }

   private:
    OneAtATime& of_;
    bool has_;
  };

 private:
  [[nodiscard]] bool take(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    if (!free_.wait_for(lock, patience, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void give_back() {
    {
      const std::lock_guard lock{mutex_};
      taken_ = false;
    }
    free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

}  // namespace tlspact

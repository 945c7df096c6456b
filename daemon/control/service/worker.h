// SPDX-License-Identifier: MIT
/// Worker: a thread that does one thing after the other, so that whoever asks need not wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tlspact {

/// Jobs must not throw: what does ends the program, as a broken invariant should.
class Worker {
 public:
  Worker();
  ~Worker() { end(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(Worker&&) = delete;

  /// Waits for the job that is at work; those that wait are dropped, and what is added later.
  /// From one thread, not its own.
  void end();

  /// From any thread.
  void add(std::function<void()> job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tlspact

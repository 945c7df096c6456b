// SPDX-License-Identifier: MIT
#include "daemon/control/service/worker.h"

#include <utility>

namespace tlspact {

Worker::Worker() : thread_([this] { work(); }) {}

void Worker::end() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Worker::add(std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Worker::work() {
  for (;;) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace tlspact

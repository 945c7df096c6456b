// SPDX-License-Identifier: MIT
/// FindingQueue: what live look-ups found, until the worker has time for it.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/sources/live_lookup.h"

namespace tlspact {

/// What comes while the worker is busy is kept together, so that it is published once. For any
/// thread.
class FindingQueue {
 public:
  struct Item {
    LiveFinding finding;
    std::function<void()> done;  ///< called when it is published, or need not be
  };

  /// True: it is the first, and somebody has to come for it.
  [[nodiscard]] bool add(Item item) {
    const std::lock_guard lock{mutex_};
    items_.push_back(std::move(item));
    return items_.size() == 1;
  }
  [[nodiscard]] std::vector<Item> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
};

}  // namespace tlspact

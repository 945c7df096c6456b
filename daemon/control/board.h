// SPDX-License-Identifier: MIT
/// Board: where the latest version of a value hangs.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace tlspact {

/// For any thread. A value that hangs here is not changed any more, and stays as long as somebody
/// looks at it.
template <class Value>
class Board {
 public:
  [[nodiscard]] std::shared_ptr<const Value> get() const {
    const std::lock_guard lock{mutex_};
    return value_;
  }
  void put(Value value) {
    auto next = std::make_shared<const Value>(std::move(value));
    const std::lock_guard lock{mutex_};
    value_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Value> value_ = std::make_shared<const Value>();
};

}  // namespace tlspact

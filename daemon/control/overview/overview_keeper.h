// SPDX-License-Identifier: MIT
/// OverviewKeeper: makes the overview anew, in a thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "daemon/control/overview/overview.h"
#include "daemon/control/service/worker.h"

namespace tlspact {

class OverviewKeeper {
 public:
  /// Until the first renew() the overview has only the configuration.
  explicit OverviewKeeper(std::shared_ptr<const Config> config);
  /// Ends what is at work.
  ~OverviewKeeper();
  OverviewKeeper(const OverviewKeeper&) = delete;
  OverviewKeeper& operator=(const OverviewKeeper&) = delete;
  OverviewKeeper(OverviewKeeper&&) = delete;
  OverviewKeeper& operator=(OverviewKeeper&&) = delete;

  /// After a run, from any thread; returns at once. Of several that wait the last one is done.
  void renew(std::shared_ptr<const Config> config);

  [[nodiscard]] const OverviewBoard& board() const { return board_; }

 private:
  void make();

  OverviewBoard board_;
  std::mutex mutex_;
  std::shared_ptr<const Config> next_;  ///< nullptr: nothing waits
  std::atomic<bool> ending_ = false;
  Worker worker_;  ///< last: its thread uses all the others
};

}  // namespace tlspact

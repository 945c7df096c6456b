// SPDX-License-Identifier: MIT
/// LiveFindings: keeps and publishes what live look-ups found.
#pragma once

#include <functional>
#include <memory>

#include "daemon/config/config.h"
#include "daemon/control/service/finding_queue.h"
#include "daemon/control/service/service_status.h"
#include "daemon/control/service/worker.h"

namespace tlspact {

/// What is found while the worker is busy is kept and published together. Live answers have it at
/// once; the maps follow with a run of their own, once a minute at most.
class LiveFindings {
 public:
  /// `worker` and `status` must stay. `status` is the worker's; `run_by` is called there with the
  /// moment by which the maps are to follow.
  LiveFindings(Worker& worker, ServiceStatus& status, std::function<void(Time)> run_by)
      : worker_(worker), status_(status), run_by_(std::move(run_by)) {}

  /// From any thread. `done` is called in the worker's when it is published, or need not be.
  void add(const std::shared_ptr<const Config>& config, LiveFinding finding,
           std::function<void()> done);

 private:
  using Items = std::vector<FindingQueue::Item>;

  void take(const Config& config);
  [[nodiscard]] Result<void> keep(const Config& config, const Items& found);
  void publish(const Config& config, const Items& found);

  Worker& worker_;
  ServiceStatus& status_;
  std::function<void(Time)> run_by_;
  FindingQueue found_;
};

}  // namespace tlspact

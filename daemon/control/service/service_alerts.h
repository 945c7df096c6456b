// SPDX-License-Identifier: MIT
/// ServiceAlerts: the alerts of the running service, and what becomes of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/config/clock.h"
#include "daemon/config/config.h"
#include "daemon/control/alerts/alert_service.h"
#include "daemon/control/service/service_status.h"

namespace tlspact {

/// Of the worker's thread, but for its making. The book is kept in the store after each change; a
/// store that cannot be had is said in the log, and tried again with the next change.
class ServiceAlerts {
 public:
  /// `status` must stay, and is the worker's: its `alerts` follow. `told` is called after each
  /// change, with the moment by which tell() is to be called again.
  ServiceAlerts(ServiceStatus& status, std::function<void(std::optional<Time>)> told)
      : status_(status), told_(std::move(told)) {}

  /// What the store has, to begin with.
  void open(const Config& config);
  /// After a reload: a way that is new is told of what the last run noticed.
  void use(const Config& config) { alerts_->use(notifiers(config), clock_now()); }

  /// What a run noticed; see AlertBook::update(). Adds to `notices` what stands beside runs.
  void after_run(const Config& config, Notices& notices, bool complete);
  /// What was noticed beside the runs, once.
  void found(const Config& config, const Notices& notices);
  /// What stands beside the runs, by its subject, until there is none of it.
  void stand(const Config& config, const std::string& subject, std::optional<Notice> notice);

  /// Tells what is due, and ends what has been quiet long enough.
  void tell(const Config& config);

 private:
  ServiceStatus& status_;
  std::function<void(std::optional<Time>)> told_;
  std::unique_ptr<AlertService> alerts_;
  std::map<std::string, Notice> standing_;
};

}  // namespace tlspact

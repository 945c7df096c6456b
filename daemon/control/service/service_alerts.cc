// SPDX-License-Identifier: MIT
#include "daemon/control/service/service_alerts.h"

#include "daemon/control/service/notice_log.h"
#include "daemon/store/store.h"
#include "lookup/log.h"

namespace tlspact {

void ServiceAlerts::open(const Config& config) {
  Notices unused;
  StoredAlerts stored;
  // To write: one of an earlier version is brought up to date, or its alerts would be forgotten.
  auto store = Store::open(config.store_path(), Store::Access::write_beside, clock_now(), unused);
  if (store) stored = store->alerts().value_or(StoredAlerts{});
  alerts_ = std::make_unique<AlertService>(notifiers(config), std::move(stored));
}

void ServiceAlerts::after_run(const Config& config, Notices& notices, bool complete) {
  for (const auto& [subject, notice] : standing_)
    notices.push_back(notice);
  alerts_->notice(notices, clock_now(), complete);
  tell(config);
}

void ServiceAlerts::found(const Config& config, const Notices& notices) {
  log_notices(notices);
  alerts_->notice(notices, clock_now(), false);
  tell(config);
}

void ServiceAlerts::stand(const Config& config, const std::string& subject,
                          std::optional<Notice> notice) {
  if (!notice) {
    standing_.erase(subject);
    return;
  }
  alerts_->notice({*notice}, clock_now(), false);
  standing_.insert_or_assign(subject, *std::move(notice));
  tell(config);
}

/// What a notifier does not take is kept, and due again.
void ServiceAlerts::tell(const Config& config) {
  for (const std::string& failure : alerts_->tell(clock_now()))
    log_line(LogLevel::warning, "an alert could not be told, it is tried again: " + failure);
  Notices unused;
  auto store = Store::open(config.store_path(), Store::Access::write_beside, clock_now(), unused);
  Result<void> kept;
  if (!store) kept = std::unexpected(store.error());
  if (kept) kept = store->keep_alerts(alerts_->state());
  if (!kept) log_line(LogLevel::alert, kept.error().text);
  status_.alerts = alerts_->standing();
  told_(alerts_->next_due());
}

}  // namespace tlspact

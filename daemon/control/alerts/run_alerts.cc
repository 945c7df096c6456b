// SPDX-License-Identifier: MIT
#include "daemon/control/alerts/run_alerts.h"

#include "daemon/control/alerts/alert_service.h"
#include "daemon/control/identity.h"
#include "daemon/control/run_lock.h"
#include "daemon/store/store.h"

namespace tlspact {

Notices tell_alerts_of_run(const Config& config, const Notices& noticed, Time now, bool complete) {
  Notices out;
  const auto fault = [&](const Error& error) {
    out.push_back({Severity::warning, "[alert]", error.text, 0});
    return out;
  };
  if (auto changed = become_owner_of(config.service.state_dir); !changed)
    return fault(changed.error());
  // Two that read the book before either has kept it would tell twice.
  const auto lock = RunLock::take(config.state_path("lock"));
  if (!lock) return fault(lock.error());
  auto store = Store::open(config.store_path(), Store::Access::write_beside, now, out);
  if (!store) return fault(store.error());
  const auto stored = store->alerts();
  if (!stored) return fault(stored.error());
  AlertService alerts{notifiers(config), *stored};
  alerts.notice(noticed, now, complete);
  for (const std::string& failure : alerts.tell(now))
    out.push_back(
        {Severity::warning, "[alert]", "not told, the next run tries again: " + failure, 0});
  if (alerts.state() == *stored) return out;
  if (auto kept = store->keep_alerts(alerts.state()); !kept) return fault(kept.error());
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// AlertService: tells people of alerts, once a cause, and keeps what could not be told.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "daemon/control/alerts/notifier.h"
#include "daemon/store/stored_alerts.h"
#include "policy/notice.h"

namespace tlspact {

/// For one thread. The caller keeps its state in the store.
class AlertService {
 public:
  /// As many as may wait for a notifier: what comes then is not told, but stands in the book.
  static constexpr std::size_t kMaxPending = 1000;

  AlertService(std::vector<std::unique_ptr<Notifier>> notifiers, StoredAlerts state);

  /// Brings in what a run noticed; see AlertBook::update().
  void notice(const Notices& notices, Time now, bool complete);

  /// Tells by these from now on. One of another name than those before is told of what the last run
  /// noticed; what waits for one that is gone is nobody's.
  void use(std::vector<std::unique_ptr<Notifier>> notifiers, Time now);

  /// Ends what has been quiet long enough, and tells what is due. What a notifier does not take is
  /// due again after a minute, doubled each time up to an hour, until it does. Returns why it did
  /// not, one line each. Blocks.
  [[nodiscard]] std::vector<std::string> tell(Time now);

  /// When tell() has something to do, if no run notices anything until then; nullopt: nothing
  /// waits.
  [[nodiscard]] std::optional<Time> next_due() const;

  [[nodiscard]] StoredAlerts state() const;
  [[nodiscard]] std::vector<AlertRecord> standing() const { return book_.standing(); }

 private:
  void put_down(const std::vector<AlertEvent>& events, Time now);
  void drop_nobodys();

  std::vector<std::unique_ptr<Notifier>> notifiers_;
  AlertBook book_;
  std::vector<PendingAlert> pending_;
};

}  // namespace tlspact

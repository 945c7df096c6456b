// SPDX-License-Identifier: MIT
#include "daemon/control/alerts/alert_service.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace tlspact {
namespace {

Seconds back_off(unsigned attempts) {
  constexpr Seconds kFirst = std::chrono::minutes{1};
  constexpr Seconds kLongest = std::chrono::hours{1};
  constexpr unsigned kDoublings = 6;
  return std::min(kFirst * (1U << std::min(attempts, kDoublings)), kLongest);
}

}  // namespace

AlertService::AlertService(std::vector<std::unique_ptr<Notifier>> notifiers, StoredAlerts state)
    : notifiers_(std::move(notifiers)),
      book_(std::move(state.records)),
      pending_(std::move(state.pending)) {
  drop_nobodys();
}

void AlertService::drop_nobodys() {
  std::erase_if(pending_, [&](const PendingAlert& each) {
    return std::ranges::none_of(
        notifiers_, [&](const auto& notifier) { return notifier->name() == each.notifier; });
  });
}

void AlertService::use(std::vector<std::unique_ptr<Notifier>> notifiers, Time now) {
  std::set<std::string> before;
  for (const auto& each : notifiers_)
    before.insert(each->name());
  notifiers_ = std::move(notifiers);
  drop_nobodys();
  for (const auto& notifier : notifiers_) {
    if (before.contains(notifier->name())) continue;
    for (const AlertRecord& record : book_.standing()) {
      if (record.missed) continue;  // it ends soon
      pending_.push_back({.notifier = notifier->name(),
                          .event = {AlertEvent::Kind::began, record},
                          .attempts = 0,
                          .due = now});
    }
  }
}

void AlertService::put_down(const std::vector<AlertEvent>& events, Time now) {
  for (const AlertEvent& event : events) {
    for (const auto& notifier : notifiers_)
      pending_.push_back({.notifier = notifier->name(), .event = event, .attempts = 0, .due = now});
  }
  // Those that came first are most likely the cause of the others.
  if (pending_.size() > kMaxPending) pending_.resize(kMaxPending);
}

void AlertService::notice(const Notices& notices, Time now, bool complete) {
  put_down(book_.update(notices, now, complete), now);
}

std::vector<std::string> AlertService::tell(Time now) {
  put_down(book_.end_quiet(now), now);
  std::vector<std::string> failures;
  std::map<std::string, Time> failing;  ///< until when: one that does not answer is asked once
  std::vector<PendingAlert> left;
  for (PendingAlert& each : pending_) {
    const auto notifier = std::ranges::find(
        notifiers_, each.notifier, [](const auto& candidate) { return candidate->name(); });
    if (notifier == notifiers_.end()) continue;
    // The end of a cause waits for its beginning.
    const bool waits = std::ranges::any_of(left, [&](const PendingAlert& earlier) {
      return earlier.notifier == each.notifier &&
             earlier.event.record.cause == each.event.record.cause;
    });
    if (each.due <= now && !waits && !failing.contains(each.notifier)) {
      const auto told = (*notifier)->tell(each.event);
      if (told) continue;
      failures.push_back(each.notifier + ": " + told.error().text);
      failing.emplace(each.notifier, now + back_off(each.attempts++));
    }
    left.push_back(std::move(each));
  }
  for (PendingAlert& each : left) {
    if (const auto until = failing.find(each.notifier); until != failing.end())
      each.due = std::max(each.due, until->second);
  }
  pending_ = std::move(left);
  return failures;
}

std::optional<Time> AlertService::next_due() const {
  std::optional<Time> first = book_.next_end();
  for (const PendingAlert& each : pending_)
    first = std::min(first.value_or(Time::max()), each.due);
  return first;
}

StoredAlerts AlertService::state() const {
  StoredAlerts out;
  for (const auto& [cause, record] : book_.all())
    out.records.push_back(record);
  out.pending = pending_;
  return out;
}

}  // namespace tlspact

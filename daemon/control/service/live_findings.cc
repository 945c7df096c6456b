// SPDX-License-Identifier: MIT
#include "daemon/control/service/live_findings.h"

#include <algorithm>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/control/generate.h"
#include "daemon/control/service/notice_log.h"
#include "daemon/control/service/schedule.h"
#include "daemon/sources/correspondents.h"
#include "daemon/store/store.h"
#include "lookup/log.h"

namespace tlspact {

void LiveFindings::add(const std::shared_ptr<const Config>& config, LiveFinding finding,
                       std::function<void()> done) {
  if (!found_.add({std::move(finding), std::move(done)})) return;
  worker_.add([this, config] { take(*config); });
}

void LiveFindings::take(const Config& config) {
  const Items found = found_.take();
  if (auto kept = keep(config, found); !kept) {
    log_line(LogLevel::alert, kept.error().text);
  } else if (std::ranges::any_of(found,
                                 [](const auto& each) { return each.finding.says_something; })) {
    publish(config, found);
  }
  for (const FindingQueue::Item& each : found)
    each.done();
}

/// Strangers choose what has no policy: where there are too many correspondents already, that is
/// answered, and not remembered.
Result<void> LiveFindings::keep(const Config& config, const Items& found) {
  Notices notices;
  auto store = Store::open(config.store_path(), Store::Access::write_beside, clock_now(), notices);
  if (!store) return std::unexpected(store.error());
  std::vector<StoredCorrespondent> correspondents;
  std::vector<StoredDane> dane;
  std::vector<StoredSts> sts;
  for (const FindingQueue::Item& each : found) {
    const LiveFinding& finding = each.finding;
    if (!finding.says_something && status_.correspondents >= kMostCorrespondents) continue;
    ++status_.correspondents;
    correspondents.push_back(finding.correspondent);
    if (finding.dane) dane.push_back(*finding.dane);
    if (finding.sts) sts.push_back(*finding.sts);
  }
  if (auto kept = store->keep_correspondents(correspondents); !kept) return kept;
  if (auto kept = store->keep_dane(dane); !kept) return kept;
  return store->keep_sts(sts);
}

void LiveFindings::publish(const Config& config, const Items& found) {
  const bool lately = status_.last_run && clock_now() - *status_.last_run < kShortestPause;
  auto report = generate(config, {.offline = true, .publish_only = lately, .now = clock_now()});
  for (const FindingQueue::Item& each : found) {
    if (each.finding.says_something)
      log_line(LogLevel::info,
               each.finding.correspondent.domain +
                   (report ? ": a policy was found by a live lookup" : ": " + report.error().text));
  }
  if (!report) return;
  log_notices(report->notices);
  if (!status_.hold) status_.counts = report->counts;
  if (lately) {
    run_by_(*status_.last_run + kShortestPause);
  } else {
    status_.last_run = clock_now();
  }
}

}  // namespace tlspact

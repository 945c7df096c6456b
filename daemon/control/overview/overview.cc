// SPDX-License-Identifier: MIT
#include "daemon/control/overview/overview.h"

#include <algorithm>
#include <utility>

#include "daemon/control/keep_evidence.h"
#include "daemon/store/store.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

template <class Value>
Value read(Result<Value> value, std::vector<std::string>& faults) {
  if (value) return *std::move(value);
  faults.push_back(value.error().text);
  return {};
}

/// Compared to their end, and the same.
bool is_done(const GenerationChanges& done, const InstalledGeneration& before,
             const InstalledGeneration& after) {
  const bool whole = std::ranges::all_of(done.maps, &std::string::empty, &MapChanges::fault);
  return whole && done.before == before.number && done.before_made == before.made &&
         done.after == after.number && done.after_made == after.made;
}

std::optional<GenerationChanges> changes_since_yesterday(const Config& config,
                                                         const Overview& known, Time now,
                                                         const std::function<bool()>& go_on) {
  const History history = History::open(config.state_path("history"), config.service.history);
  const InstalledGeneration* before = generation_at(history, now - std::chrono::days{1});
  if (before == nullptr) return std::nullopt;
  const InstalledGeneration& after = history.generations().back();
  if (known.changes && is_done(*known.changes, *before, after)) return known.changes;
  return generation_changes(history, before, after, {.go_on = go_on});
}

void look_into_store(Overview& out, Time now) {
  Notices notices;
  auto store = Store::open(out.config->store_path(), Store::Access::read_beside, now, notices);
  for (const Notice& each : notices)
    out.faults.push_back(each.text);
  if (!store) {
    out.faults.push_back(store.error().text);
    return;
  }
  const ProbeStates states = read(read_probe_states(*store), out.faults);
  out.expiring = expiring(*out.config, *store, states, now);
  const auto today = std::chrono::floor<std::chrono::days>(now);
  out.evidence =
      read(store->evidence_by_day(today - kEvidenceChart + std::chrono::days{1}), out.faults);
  out.causes = failure_causes(states.endpoints);
  out.causes.sts = read(store->sts_faults(), out.faults);
  if (states.domains.empty() && states.endpoints.all().empty()) return;
  Snapshot in_force;
  if (auto snapshot = read_snapshot(out.config->state_path("snapshot"))) {
    in_force = *std::move(snapshot);
  } else {
    out.faults.push_back(snapshot.error().text);
  }
  out.failing = failing_hosts(states, in_force, now);
}

}  // namespace

Overview make_overview(std::shared_ptr<const Config> config, const Overview& before, Time now,
                       const std::function<bool()>& go_on) {
  Overview out{.config = std::move(config),
               .made = now,
               .changes = {},
               .expiring = {},
               .failing = {},
               .causes = {},
               .evidence = {},
               .faults = {}};
  out.changes = changes_since_yesterday(*out.config, before, now, go_on);
  look_into_store(out, now);
  for (std::string& each : out.expiring.faults)
    out.faults.push_back(std::move(each));
  return out;
}

}  // namespace tlspact

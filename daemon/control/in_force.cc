// SPDX-License-Identifier: MIT
#include "daemon/control/in_force.h"

#include "lookup/snapshot_file.h"

namespace tlspact {

InForce in_force(const Config& config) {
  InForce out;
  if (const auto record = read_run_record(config.state_path("run.json"))) {
    out.decided_at = record->decided_at;
    out.counts = record->counts;
  }
  out.hold = hold_in_force(config);
  if (!out.hold) return out;
  if (const auto snapshot = read_snapshot(config.state_path("snapshot")))
    out.counts = EntryCounts::of(*snapshot);
  return out;
}

std::optional<Hold> hold_in_force(const Config& config) {
  return History::open(config.state_path("history"), config.service.history).hold();
}

Result<void> check_published(const Config& config) {
  return check_snapshot(config.state_path("snapshot"));
}

}  // namespace tlspact

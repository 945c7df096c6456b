// SPDX-License-Identifier: MIT
/// ServiceStatus: what the running service knows of itself, for the command line, the metrics and
/// the dashboard.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/board.h"
#include "daemon/control/run_record.h"
#include "generators/install/history.h"
#include "policy/alert_book.h"
#include "policy/learning.h"
#include "policy/notice.h"

namespace tlspact {

/// A list as it is in force.
struct ListStatus {
  std::string name;
  Time timestamp;
  Time expires;
  Time fetched;
  std::size_t enforced = 0;
};

/// MX endpoints, by what was last seen of them.
struct EvidenceCounts {
  std::size_t positive = 0;
  std::size_t negative = 0;
  std::size_t inconclusive = 0;
  std::size_t alarms = 0;
};

/// A value that is made once and then only read.
struct ServiceStatus {
  std::string version;
  Time started;
  std::uint64_t runs = 0;         ///< since it started
  std::uint64_t failed_runs = 0;  ///< of them, those that could not install anything
  std::uint64_t reloads = 0;      ///< of the configuration
  std::uint64_t refused_reloads = 0;
  std::optional<Time> last_run;   ///< when the last one began
  std::optional<Time> last_good;  ///< when the last one began that did not fail
  Seconds last_duration{0};
  int last_exit_code = 0;
  std::string last_error;  ///< of a failed run
  std::optional<Time> next_run;
  EntryCounts counts;
  std::optional<Hold> hold;  ///< an operator's rollback: nothing is installed
  std::vector<GeneratedFile> files;
  Notices notices;  ///< of the last run
  std::vector<AlertRecord> alerts;
  std::vector<ListStatus> lists;
  EvidenceCounts evidence;
  std::size_t correspondents = 0;
};

/// Of the alerts that stand, those that the last run noticed.
[[nodiscard]] inline std::size_t noticed_alerts(const ServiceStatus& status) {
  return static_cast<std::size_t>(std::ranges::count_if(
      status.alerts, [](const AlertRecord& each) { return !each.missed.has_value(); }));
}

/// No run failed, no alert stands that the last one noticed, and no rollback holds.
[[nodiscard]] inline bool is_well(const ServiceStatus& status) {
  return status.last_error.empty() && noticed_alerts(status) == 0 && !status.hold;
}

using StatusBoard = Board<ServiceStatus>;

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Overview: what the dashboard shows beside the status, and what is too much work to be done while
/// somebody waits for a page.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/board.h"
#include "daemon/control/overview/expiring.h"
#include "daemon/control/overview/failing_hosts.h"
#include "daemon/control/overview/failure_causes.h"
#include "daemon/control/overview/generation_changes.h"
#include "daemon/store/stored_evidence.h"

namespace tlspact {

/// How far back the chart of the evidence goes.
inline constexpr std::chrono::days kEvidenceChart{30};

/// A value that is made once and then only read.
struct Overview {
  std::shared_ptr<const Config> config;      ///< that it was made by, and that explains domains
  std::optional<Time> made;                  ///< nullopt: not yet
  std::optional<GenerationChanges> changes;  ///< since yesterday; nullopt: nothing was installed
  Expiring expiring;
  FailingHosts failing;
  FailureCauses causes;
  std::vector<EvidenceDay> evidence;  ///< of the last kEvidenceChart, days without any left out
  std::vector<std::string> faults;    ///< what could not be read, for people
};

using OverviewBoard = Board<Overview>;

/// Reads the store, the history and the published snapshot beside the one who writes them.
/// Comparing maps again is left out if `before` did it for the same generations; `go_on` ends it
/// early.
[[nodiscard]] Overview make_overview(std::shared_ptr<const Config> config, const Overview& before,
                                     Time now, const std::function<bool()>& go_on);

}  // namespace tlspact

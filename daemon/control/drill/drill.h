// SPDX-License-Identifier: MIT
/// drill(): proves that this machine's mail servers, as they are configured, refuse what they must.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/drill/drill_subjects.h"
#include "daemon/control/drill/drill_verdict.h"
#include "daemon/control/wiring/finding.h"

namespace tlspact {

/// One row of the table.
struct DrillResult {
  DrillCase drilled;
  std::string entry;  ///< of the map, as rendered for this server
  DrillVerdict verdict;
  std::string said;   ///< the server's own reason
  Findings findings;  ///< only if it is not as expected: what to change
};

struct DrilledServer {
  std::string name;
  std::vector<DrillResult> results;
  std::string without_dane;  ///< why the cases with DANE were left out; empty: they were not
};

struct DrillReport {
  std::vector<DrilledServer> servers;
  [[nodiscard]] bool as_expected() const;
};

struct DrillOptions {
  Time now;
  /// Called behind each step of a server; empty: nobody looks.
  std::function<void(const std::string& server, std::size_t done, std::size_t total)> progress = {};
};

/// Only inside of run_isolated(), with its directory. Errors: maps that are not there yet
/// (no_input); a server that cannot be started, or takes no message (unavailable).
[[nodiscard]] Result<DrillReport> drill(const Config& config, const DrillSubjects& subjects,
                                        const DrillOptions& options,
                                        const std::filesystem::path& work);

}  // namespace tlspact

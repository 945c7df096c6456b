// SPDX-License-Identifier: MIT
/// generate(): one run of the whole path, from the sources to maps that are in place.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/control/installation.h"
#include "daemon/control/run_record.h"
#include "policy/notice.h"

namespace tlspact {

struct GenerateOptions {
  bool check = false;                 ///< write nothing, say whether something would change
  bool diff = false;                  ///< as check, and collect what changes, row by row
  std::optional<std::string> output;  ///< write below this directory and touch nothing else
  std::optional<Time> at;             ///< decide as of that time
  bool offline = false;
  /// Publish the snapshot for live lookups, and leave the maps for the next run.
  bool publish_only = false;
  /// See FetchContext. Without probes the report names what is to be probed.
  bool probe = true;
  bool name_probes = false;  ///< also where the run would repeat the last one
  std::stop_token stop = {};
  Time now;  ///< of the clock
  /// Called while domains are looked up; empty: nobody looks.
  std::function<void(std::size_t done, std::size_t total)> progress = {};

  /// Whether the run puts maps into place on this machine.
  [[nodiscard]] bool installs() const { return !check && !diff && !output; }
  [[nodiscard]] bool writes() const { return installs() || (output && !check); }
  [[nodiscard]] Time decides_at() const { return at.value_or(now); }
};

struct GenerateReport {
  Time decided_at;
  EntryCounts counts;
  Notices notices;  ///< everything that was noticed, in order
  std::vector<GeneratedFile> files;
  /// Of agreements and lists; nullopt: as in the last run.
  std::optional<std::set<std::string>> probe_next_hops;
  bool changed = false;
  /// All was looked at: what is not in the notices is not so any more. Not offline, nor where the
  /// clock cannot be right.
  bool looked = true;
  int exit_code = 0;
};

/// Installs from what is good. Errors are those that keep it from writing anything: a store or MTA
/// that cannot be asked, a lock, a file that cannot be written (then none is replaced).
///
/// If the last run came to its result from the same inputs, nothing has begun or ceased to hold
/// since, and its files are still in place, the report is that run's with what the sources say now.
/// While an operator's rollback holds, or the clock cannot be right, nothing is installed, with an
/// alert, and the counts are those of what is in force.
///
/// Exit codes of the report: 1 with `check` if something would change; 65 if an input was refused,
/// 69 if a source never had a good batch, else 0.
[[nodiscard]] Result<GenerateReport> generate(const Config& config, const GenerateOptions& options);

}  // namespace tlspact

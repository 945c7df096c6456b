// SPDX-License-Identifier: MIT
/// One run of the path of the data: sources -> store -> decide -> snapshot.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/evidence_run.h"
#include "daemon/sources/policy_source.h"
#include "daemon/store/store.h"
#include "lookup/snapshot_file.h"
#include "policy/decide.h"
#include "policy/policy_inputs.h"
#include "policy/snapshot.h"

namespace tlspact {

struct RefreshOptions {
  Time now;
  bool offline = false;
  bool keep_in_store = true;
  /// See FetchContext.
  std::filesystem::path scratch = {};
  std::set<std::string> look_up_now = {};
  bool look_up_everything = false;
  bool tell_everything = false;
  bool probe = true;
  std::stop_token stop = {};
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

/// What the sources brought, before anything of it is parsed that need not be.
struct Fetched {
  std::vector<std::unique_ptr<PolicySource>> sources;
  std::unique_ptr<EvidenceRun> evidence;
  Notices notices;
  bool refused = false;             ///< a local or signed input was refused: exit code 65
  bool never_good = false;          ///< a source never had a good batch: exit code 69
  std::string fingerprint;          ///< equal ones load the same
  std::optional<Time> next_change;  ///< when something begins or ceases to hold
};

struct Refreshed {
  PolicyInputs inputs;
  DecisionRules rules;  ///< that it was decided by
  Snapshot snapshot;
  std::unique_ptr<EvidenceRun> evidence;
  /// With RefreshOptions::probe false: those that are to be probed.
  std::set<std::string> probe_next_hops;
  std::vector<Negative> negatives;  ///< next-hops that were looked up and have no entry
  Notices notices;                  ///< of the sources and of the decisions
  bool refused = false;             ///< as Fetched; or an agreement that cannot hold as it is
  bool never_good = false;          ///< as Fetched
};

/// The correspondents, and what was probed before: most of what is to be probed, without going
/// through lists and agreements again.
[[nodiscard]] std::set<std::string> known_next_hops(Store& store, const ProbeStates& states,
                                                    Notices& notices);

/// Every source alone; a failure keeps its last good batch. Never fails as a whole.
[[nodiscard]] Fetched fetch_sources(const Config& config, Store& store,
                                    const RefreshOptions& options);

/// Loads what is in force and decides. The notices are only those that fetch_sources did not have.
[[nodiscard]] Refreshed load_and_decide(const Config& config, Fetched& fetched, Store& store,
                                        const RefreshOptions& options);

/// Both in one call.
[[nodiscard]] Refreshed refresh(const Config& config, Store& store, const RefreshOptions& options);

}  // namespace tlspact

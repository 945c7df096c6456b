// SPDX-License-Identifier: MIT
/// One run of the path of the data: sources -> store -> decide -> snapshot.
#pragma once

#include "daemon/config/config.h"
#include "daemon/store/store.h"
#include "policy/policy_inputs.h"
#include "policy/snapshot.h"

namespace tlspact {

struct RefreshOptions {
  Time now;
  bool offline = false;
  bool keep_in_store = true;
};

struct Refreshed {
  PolicyInputs inputs;
  Snapshot snapshot;
  Notices notices;          ///< of the sources and of the decisions
  bool refused = false;     ///< a local or signed input was refused: exit code 65
  bool never_good = false;  ///< a source never had a good batch: exit code 69
};

/// Every source alone; a failure keeps its last good batch. Never fails as a whole.
[[nodiscard]] Refreshed refresh(const Config& config, Store& store, const RefreshOptions& options);

}  // namespace tlspact

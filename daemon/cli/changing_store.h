// SPDX-License-Identifier: MIT
/// What a command needs that changes the store and nothing else.
#pragma once

#include "daemon/cli/command.h"
#include "daemon/config/config.h"
#include "daemon/control/run_lock.h"
#include "daemon/store/store.h"

namespace tlspact {

/// No other run is at work for as long as it lives.
struct ChangingStore {
  Config config;
  RunLock lock;
  Store store;
  Notices notices;  ///< of opening the store
};

/// Reads the configuration, takes the identity of the owner of state_dir, then the lock, and opens
/// the store.
[[nodiscard]] Result<ChangingStore> open_changing_store(const GlobalOptions& global, Time now);

}  // namespace tlspact

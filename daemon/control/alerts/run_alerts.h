// SPDX-License-Identifier: MIT
/// What a run without a service noticed becomes alerts as well.
#pragma once

#include "daemon/config/config.h"
#include "policy/notice.h"

namespace tlspact {

/// Brings what a run noticed into the store's book of alerts, and tells it by the ways of [alert],
/// once a cause, as the service does. Takes the identity of the owner of state_dir, and the lock of
/// a run. `complete`: the run did not fail. Returns what could not be
/// told or kept, which the next run tries again. Blocks, 30 seconds a way at most.
[[nodiscard]] Notices tell_alerts_of_run(const Config& config, const Notices& noticed, Time now,
                                         bool complete);

}  // namespace tlspact

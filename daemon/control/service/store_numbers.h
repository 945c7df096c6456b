// SPDX-License-Identifier: MIT
/// What the service tells of its store: lists in force, evidence, correspondents.
#pragma once

#include "daemon/config/config.h"
#include "daemon/control/service/service_status.h"
#include "daemon/store/store.h"
#include "policy/result.h"

namespace tlspact {

/// Brings those numbers of `status` up to date. Error: the store cannot be opened, and nothing is
/// changed. A part of it that cannot be read counts as empty.
[[nodiscard]] Result<void> count_store(const Config& config, ServiceStatus& status);

/// The same of a store that is open.
void count_store(Store& store, ServiceStatus& status);

}  // namespace tlspact

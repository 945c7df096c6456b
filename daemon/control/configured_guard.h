// SPDX-License-Identifier: MIT
/// check_configured(): a configuration that has gone must not take every list with it.
#pragma once

#include "daemon/config/config.h"
#include "daemon/store/store.h"

namespace tlspact {

/// Before anything forgets what is not configured any more. Error (no_input): the configuration
/// says nothing (the default file has gone, or was emptied, as by a full disk), though the store
/// knows of lists that were configured before.
[[nodiscard]] Result<void> check_configured(const Config& config, Store& store);

}  // namespace tlspact

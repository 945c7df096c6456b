// SPDX-License-Identifier: MIT
/// What a command that changed something itself says to the service beside it.
#pragma once

#include "daemon/config/config.h"

namespace tlspact {

/// Has a running service run at once, so that it installs and shows what has changed. False: none
/// runs.
bool have_service_run(const Config& config);

}  // namespace tlspact

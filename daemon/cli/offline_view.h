// SPDX-License-Identifier: MIT
/// What explain and lookup look at: the inputs as they are now, without network and without
/// changing the store.
#pragma once

#include "daemon/cli/command.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/refresh.h"

namespace tlspact {

struct OfflineView {
  Refreshed refreshed;
  GeneratorSettings settings;
};

[[nodiscard]] Result<OfflineView> offline_view(const GlobalOptions& global, Time now);

}  // namespace tlspact

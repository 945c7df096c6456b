// SPDX-License-Identifier: MIT
/// What explain and lookup look at: the inputs as they are now, without network and without
/// changing the store.
#pragma once

#include <filesystem>
#include <optional>

#include "daemon/cli/command.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/refresh.h"
#include "generators/install/history.h"

namespace tlspact {

struct OfflineView {
  Refreshed refreshed;
  GeneratorSettings settings;
  /// An operator's rollback: what the inputs come to is not what is in force.
  std::optional<Hold> hold;
  std::filesystem::path published;  ///< the snapshot in force
};

[[nodiscard]] Result<OfflineView> offline_view(const GlobalOptions& global, Time now);

}  // namespace tlspact

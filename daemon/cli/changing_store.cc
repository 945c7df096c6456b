// SPDX-License-Identifier: MIT
#include "daemon/cli/changing_store.h"

#include <utility>

#include "daemon/control/configured_guard.h"
#include "daemon/control/identity.h"

namespace tlspact {

Result<ChangingStore> open_changing_store(const GlobalOptions& global, Time now) {
  auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (auto changed = become_owner_of(config->service.state_dir); !changed)
    return std::unexpected(changed.error());
  auto lock = RunLock::take(config->state_path("lock"));
  if (!lock) return std::unexpected(lock.error());
  Notices notices;
  auto store = Store::open(config->store_path(), Store::Access::read_write, now, notices);
  if (!store) return std::unexpected(store.error());
  if (auto known = check_configured(*config, *store); !known) return std::unexpected(known.error());
  return ChangingStore{*std::move(config), *std::move(lock), *std::move(store), std::move(notices)};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/cli/offline_view.h"

#include "daemon/control/identity.h"
#include "daemon/control/in_force.h"
#include "daemon/control/mta_dane.h"

namespace tlspact {

Result<OfflineView> offline_view(const GlobalOptions& global, Time now) {
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  auto facts = ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  if (auto changed = become_owner_of(config->service.state_dir); !changed)
    return std::unexpected(changed.error());
  keep_conclusions(read_run_record(config->state_path("run.json")), *facts);
  Notices notices;
  auto store = Store::open(config->store_path(), Store::Access::read_only, now, notices);
  if (!store) return std::unexpected(store.error());
  OfflineView view{
      .refreshed =
          refresh(*config, *store,
                  {.now = now, .offline = true, .keep_in_store = false, .tell_everything = true}),
      .settings = generator_settings(*config, *facts),
      .hold = hold_in_force(*config),
      .published = config->state_path("snapshot")};
  view.refreshed.notices.insert(view.refreshed.notices.begin(), notices.begin(), notices.end());
  return view;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include <boost/json/serialize.hpp>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/http/status_json.h"
#include "daemon/control/identity.h"
#include "daemon/control/in_force.h"
#include "daemon/control/service/store_numbers.h"
#include "daemon/store/store.h"

namespace tlspact {

/// Without a service: what the last run and the store tell. With one, it answers (tlspactd.cc).
Result<CommandResult> run_status(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  Arguments arguments{{.synopsis = "tlspact status",
                       .description = "Says what is in force, what the last run came to, when the "
                                      "next one is due, and which alerts\nstand. A running service "
                                      "answers itself.\n\nExit codes: 0 all is well; 1 an alert "
                                      "stands, or the last run failed.",
                       .positional = ""},
                      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (auto changed = become_owner_of(config->service.state_dir); !changed)
    return std::unexpected(changed.error());
  ServiceStatus status;
  CommandResult result;
  const InForce in_force = tlspact::in_force(*config);
  status.last_run = in_force.decided_at;
  status.counts = in_force.counts;
  status.hold = in_force.hold;
  auto store =
      Store::open(config->store_path(), Store::Access::read_only, clock_now(), result.notices);
  if (!store) return std::unexpected(store.error());
  if (const auto alerts = store->alerts()) status.alerts = AlertBook{alerts->records}.standing();
  result.exit_code = is_well(status) ? 0 : 1;
  if (config->says_nothing && global.config_given) {  // its run_dir is not known: see tlspact.cc
    result.notices.push_back({Severity::warning, "configuration",
                              global.config_file +
                                  " is empty: this is told of the default directories, and a "
                                  "service of others is not found",
                              0});
    result.exit_code = 1;
  }
  result.text = "no service is running\n" + last_run_text(status);
  count_store(*store, status);
  boost::json::object document = status_json(status);
  document["running"] = false;
  for (const char* of_a_service : {"version", "started", "runs", "failed_runs"})
    document.erase(of_a_service);
  result.document = boost::json::serialize(document);
  return result;
}

}  // namespace tlspact

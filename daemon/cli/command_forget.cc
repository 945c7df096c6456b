// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/identity.h"
#include "daemon/control/run_lock.h"
#include "daemon/dns/idna.h"
#include "daemon/store/store.h"

namespace tlspact {

Result<CommandResult> run_forget(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact forget DOMAIN",
       .description =
           "Forgets what was looked up of a domain or next-hop: its DANE state, its cached MTA-STS "
           "policy,\nand that mail goes there. If an agreement, a list, the file of correspondents "
           "or a log names it,\nthe next run looks it up anew, as if it had never been met.\n\n"
           "Exit codes: 0 forgotten; 65 not a domain name; 75 another run is at work.",
       .positional = "domain"},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto domain = arguments.positional();
  if (!domain) return std::unexpected(domain.error());
  const auto key = parse_policy_key(*domain);
  if (!key) return std::unexpected(key.error());
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (auto changed = become_owner_of(config->service.state_dir); !changed)
    return std::unexpected(changed.error());
  const auto lock = RunLock::take(config->state_path("lock"));
  if (!lock) return std::unexpected(lock.error());
  CommandResult result;
  auto store =
      Store::open(config->store_path(), Store::Access::read_write, clock_now(), result.notices);
  if (!store) return std::unexpected(store.error());
  if (auto done = store->forget_domain(key->text()); !done) return std::unexpected(done.error());
  result.text = key->text() + ": forgotten; \"tlspact generate\" brings it into the maps\n";
  result.json = new Poco::JSON::Object;
  result.json->set("forgotten", key->text());
  return result;
}

}  // namespace tlspact

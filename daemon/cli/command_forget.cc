// SPDX-License-Identifier: MIT
#include <set>

#include "daemon/cli/arguments.h"
#include "daemon/cli/changing_store.h"
#include "daemon/cli/command.h"
#include "daemon/control/keep_evidence.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

/// With that of its MX hosts, but for those that other domains share.
Result<void> forget_evidence(Store& store, const std::string& key) {
  const auto states = read_probe_states(store);
  if (!states) return std::unexpected(states.error());
  std::set<std::string> hosts{key};
  if (const auto known = states->domains.find(key); known != states->domains.end())
    hosts.insert(known->second.hosts.begin(), known->second.hosts.end());
  for (const auto& [other, domain] : states->domains) {
    if (other == key) continue;
    for (const std::string& host : domain.hosts)
      hosts.erase(host);
  }
  const std::vector<std::string> gone{hosts.begin(), hosts.end()};
  if (auto done = store.forget_endpoints(gone); !done) return done;
  return store.forget_learned_domains(std::vector{key});
}

/// Whether there is anything to forget.
Result<bool> is_known(Store& store, const std::string& key, const std::string& domain) {
  const auto dane = store.dane_of(key);
  if (!dane) return std::unexpected(dane.error());
  const auto sts = store.sts_of(domain);
  if (!sts) return std::unexpected(sts.error());
  const auto states = read_probe_states(store);
  if (!states) return std::unexpected(states.error());
  if (*dane || *sts || states->domains.contains(key) || !states->endpoints.of_host(key).empty())
    return true;
  const auto met = store.correspondents();
  if (!met) return std::unexpected(met.error());
  return std::ranges::find(*met, key, &StoredCorrespondent::domain) != met->end();
}

}  // namespace

Result<CommandResult> run_forget(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact forget DOMAIN",
       .description =
           "Forgets what was looked up of a domain or next-hop: its DANE state, its cached MTA-STS "
           "policy,\nthe evidence on MX hosts that no other domain has, and that mail goes there. "
           "If an agreement, a list, the file of correspondents "
           "or a log names it,\nthe next run looks it up anew, as if it had never been met.\n\n"
           "Exit codes: 0 forgotten; 1 nothing is known of it; 65 not a domain name; 75 another "
           "run is at work.",
       .positional = "domain"},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto domain = arguments.positional();
  if (!domain) return std::unexpected(domain.error());
  const auto key = parse_policy_key(*domain);
  if (!key) return std::unexpected(key.error());
  auto open = open_changing_store(global, clock_now());
  if (!open) return std::unexpected(open.error());
  CommandResult result{.notices = std::move(open->notices)};
  result.json = new Poco::JSON::Object;
  const auto known = is_known(open->store, key->text(), key->domain().text());
  if (!known) return std::unexpected(known.error());
  if (!*known) {
    result.exit_code = 1;
    result.text = "nothing is known of " + key->text() + "\n";
    return result;
  }
  if (auto done = forget_evidence(open->store, key->text()); !done)
    return std::unexpected(done.error());
  if (auto done = open->store.forget_domain(key->text()); !done)
    return std::unexpected(done.error());
  result.text = key->text() + ": forgotten; " + who_follows(global) + " brings it into the maps\n";
  result.json->set("forgotten", key->text());
  return result;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/exim_wiring.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "daemon/control/wiring/exim_inbound_wiring.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

std::string option(const EximDump& dump, const std::string& name) {
  const auto found = dump.find(name);
  return found == dump.end() ? std::string{} : found->second;
}

/// The domains that -bt is asked for: of a pattern some name below it.
std::vector<std::string> test_addresses(const Agreements& agreements) {
  std::vector<std::string> out;
  for (const auto& agreement : agreements)
    for (const Agreement::Covered& each : agreement->domains)
      if (each.key.by_domain())
        out.push_back("postmaster@" +
                      std::string{each.key.pattern.subdomains ? "tlspact-check." : ""} +
                      each.key.domain().text());
  return out;
}

Finding smart_host(const EximMachine& machine, const Agreements& agreements) {
  return {agreements.empty() ? Severity::note : Severity::warning, "Exim",
          "it is of Debian's type \"" + machine.type() +
              "\": all mail goes to a smart host or stays here, and no policy of a recipient's "
              "domain applies",
          agreements.empty() ? std::string{}
                             : "dpkg-reconfigure exim4-config (type \"internet site\"), then "
                               "tlspact init --apply; or let the smart host enforce the "
                               "agreements"};
}

void check_files(const EximExpectation& expected, Findings& out) {
  std::error_code error;
  const fs::path& map = expected.settings.map;
  if (!fs::exists(map, error))
    out.push_back({Severity::alert, "Exim", map.string() + " does not exist: all remote mail waits",
                   "tlspact generate"});
  const fs::path no_ca = exim_no_ca_path(map);
  if (!fs::exists(no_ca, error))
    out.push_back({Severity::alert, "Exim",
                   no_ca.string() + " does not exist: mail to dane-only domains waits",
                   "tlspact generate"});
  if (!expected.ca_file.empty() && !fs::exists(expected.ca_file, error))
    out.push_back({Severity::alert, "Exim",
                   expected.ca_file + " ([tls] ca_file) does not exist: mail to secure domains "
                                      "waits",
                   "put the CA file there, or take ca_file out of [tls]"});
}

/// Exim delivers as its own user, not as root.
void check_readable(const Agreements& agreements, Findings& out) {
  for (const std::string& ca_file : agreed_ca_files(agreements)) {
    struct stat status{};
    if (::stat(ca_file.c_str(), &status) != 0 || (status.st_mode & S_IROTH) != 0) continue;
    out.push_back({Severity::alert, "Exim",
                   ca_file +
                       ", the ca_file of an agreement, cannot be read by Exim's user: mail to "
                       "the partner waits",
                   "chmod 644 " + ca_file});
  }
}

constexpr const char* kUnsignedMxRouter = "tlspact_unsigned_mx";

bool is_ours(const std::string& router) {
  return router == "tlspact_mx" || router == kUnsignedMxRouter;
}

void check_router(const EximMachine& machine, const EximExpectation& expected, Findings& out) {
  const std::string map = "cdb;" + expected.settings.map.string();
  if (!option(machine.our_router, "domains").contains(map))
    out.push_back({Severity::alert, "Exim",
                   "the router tlspact_mx does not read " + expected.settings.map.string() +
                       ", which tlspact writes",
                   "tlspact init --apply"});
  if (std::ranges::find(machine.routers, kUnsignedMxRouter) == machine.routers.end())
    out.push_back({Severity::warning, "Exim",
                   "its configuration has tlspact's routers of an earlier version: where the MX "
                   "answer is not signed, a dane entry counts for nothing",
                   "tlspact init --apply"});
  std::string before;
  for (const std::string& router : machine.routers) {
    if (is_ours(router)) break;
    before += (before.empty() ? "" : ", ") + router;
  }
  if (!before.empty())
    out.push_back(
        {Severity::note,
         "Exim",
         "routers asked before the policy: " + before + "; what they take goes without it",
         {}});
}

/// With other values of these, one domain's options hold for another, or none do.
void check_transport(const EximMachine& machine, Findings& out) {
  struct Wanted {
    const char* name;
    const char* value;
    const char* why;
  };
  constexpr Wanted kWanted[] = {
      {"multi_domain", "no", "several domains at once get the options of none or one of them"},
      {"connection_max_messages", "1",
       "a message to a domain with a policy goes over a connection that was made without it"},
  };
  for (const Wanted& wanted : kWanted) {
    const std::string value = option(machine.our_transport, wanted.name);
    if (value == wanted.value) continue;
    out.push_back({Severity::alert, "Exim",
                   std::string{"the transport tlspact_smtp has "} + wanted.name + " = " + value +
                       ": " + wanted.why,
                   "tlspact init --apply puts the shipped transport back"});
  }
  if (!option(machine.our_transport, "event_action").contains("tlspact_event"))
    out.push_back({Severity::alert, "Exim",
                   "the transport tlspact_smtp does not call the ACL tlspact_event: MX hosts, "
                   "names and pins are not checked",
                   "tlspact init --apply puts the shipped transport back"});
  if (machine.drill)
    out.push_back({Severity::warning, "Exim",
                   "the macro TLSPACT_DRILL is set: mail goes to local addresses, too",
                   "take TLSPACT_DRILL out of the configuration"});
}

void judge_route(const EximRoute& route, Findings& out) {
  if (is_ours(route.router) && route.transport == "tlspact_smtp") return;
  const std::string domain = route.address.substr(route.address.find('@') + 1);
  if (route.router.empty()) {
    const bool ours = route.said.contains("allowed by its TLS policy");
    if (ours) return;
    out.push_back({Severity::note,
                   domain,
                   "Exim cannot route it now, so its way was not seen: " + route.said,
                   {}});
    return;
  }
  out.push_back({Severity::alert, domain,
                 "its agreement does not apply in Exim: the router " + route.router +
                     " takes its mail, by the transport " +
                     (route.transport.empty() ? "(none)" : route.transport),
                 "add \"domains = ! " + domain + "\" to the router " + route.router +
                     ", or run tlspact generate if the agreement is new"});
}

void check_routes(const EximExpectation& expected, Findings& out) {
  constexpr std::size_t kAtOnce = 50;
  const std::vector<std::string> all = test_addresses(expected.agreements);
  for (std::size_t from = 0; from < all.size(); from += kAtOnce) {
    const std::size_t to = std::min(from + kAtOnce, all.size());
    const auto routes = expected.routes({all.begin() + static_cast<std::ptrdiff_t>(from),
                                         all.begin() + static_cast<std::ptrdiff_t>(to)});
    if (!routes) {
      out.push_back({Severity::warning, "Exim", "exim -bt cannot be asked: " + routes.error().text,
                     "tlspact generate, then tlspact check again"});
      return;
    }
    for (const EximRoute& route : *routes)
      judge_route(route, out);
  }
}

/// "only over TLS", in the ways that people write it.
bool looks_at_tls(const std::string& text) {
  return text.contains("tls_in_cipher") || text.contains("tls_cipher") ||
         text.contains("tls_in_ver") || text.contains("tls_in_sni");
}

bool is_server(const EximDump& authenticator) {
  for (const char* name : {"server_condition", "server_secret", "server_socket", "server_service",
                           "server_keytab", "server_password"})
    if (!option(authenticator, name).empty()) return true;
  return false;
}

void check_clear_passwords(const EximMachine& machine, Findings& out) {
  const std::string& hosts = machine.auth_advertise_hosts;
  if (hosts.empty() || looks_at_tls(hosts)) return;
  for (const auto& [name, authenticator] : machine.authenticators) {
    if (!is_server(authenticator)) continue;
    if (looks_at_tls(option(authenticator, "server_advertise_condition"))) continue;
    out.push_back({Severity::warning, "Exim",
                   "the authenticator " + name +
                       " is offered without TLS: people can send their password in clear",
                   "in the main section: auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}"});
  }
}

}  // namespace

Findings exim_wiring(const EximMachine& machine, const EximExpectation& expected) {
  Findings out;
  if (!machine.fault.empty()) {
    out.push_back({Severity::alert, "Exim", "its configuration is broken: " + machine.fault,
                   machine.program + " -bV"});
    return out;
  }
  check_clear_passwords(machine, out);
  std::ranges::move(check_exim_inbound(machine, expected), std::back_inserter(out));
  if (!machine.sends_to_mx()) {
    out.push_back(smart_host(machine, expected.agreements));
    return out;
  }
  if (machine.our_router.empty() || machine.our_transport.empty()) {
    out.push_back({Severity::alert, "Exim",
                   "its configuration has no router tlspact_mx with the transport tlspact_smtp: no "
                   "policy is enforced",
                   "tlspact init --apply"});
    return out;
  }
  check_files(expected, out);
  check_readable(expected.agreements, out);
  check_router(machine, expected, out);
  check_transport(machine, out);
  check_routes(expected, out);
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/exim_inbound_wiring.h"

#include <sys/stat.h>

#include <algorithm>

#include "generators/exim/exim_inbound.h"
#include "policy/inbound_rules.h"

namespace tlspact {
namespace {

std::string option(const EximMachine& machine, const std::string& name) {
  const auto found = machine.inbound.find(name);
  return found == machine.inbound.end() ? std::string{} : found->second;
}

/// Where Debian reads macros of the administrator's own.
std::string macro_file(const EximMachine& machine) {
  return machine.layout == EximMachine::Layout::debian_split
             ? "/etc/exim4/conf.d/main/000_localmacros"
             : "/etc/exim4/exim4.conf.localmacros";
}

void check_acl(const EximMachine& machine, Findings& out) {
  const std::string acl = option(machine, "acl_smtp_mail");
  if (acl == "tlspact_check_mail") return;
  out.push_back(
      {Severity::alert, "Exim",
       "acl_smtp_mail is " + (acl.empty() ? "not set" : acl) +
           ", not tlspact_check_mail: what partners promised for mail to us is not "
           "enforced",
       machine.is_debian()
           ? "tlspact init --apply; an ACL of your own is named by MAIN_ACL_CHECK_MAIL in " +
                 macro_file(machine)
           : "tlspact init --apply, and the .include lines that it prints; your own ACL "
             "becomes TLSPACT_OWN_MAIL_ACL"});
}

void check_starttls(const EximMachine& machine, Findings& out) {
  const std::string remedy = machine.is_debian()
                                 ? "MAIN_TLS_ENABLE = yes in " + macro_file(machine) +
                                       " (certificate: exim.crt and exim.key in /etc/exim4), then "
                                       "update-exim4.conf && systemctl reload exim4"
                                 : "in the main section: tls_advertise_hosts = * and "
                                   "tls_certificate = FILE, then reload Exim";
  if (option(machine, "tls_advertise_hosts").empty())
    out.push_back({Severity::alert, "Exim",
                   "tls_advertise_hosts is empty: STARTTLS is not offered, so all mail from agreed "
                   "networks is refused",
                   remedy});
  const std::string certificate = option(machine, "tls_certificate");
  struct stat status{};
  if (!certificate.starts_with('/') || certificate.find_first_of("$: ") != std::string::npos)
    return;
  if (::stat(certificate.c_str(), &status) == 0) return;
  out.push_back({Severity::alert, "Exim",
                 "tls_certificate names " + certificate +
                     ", which does not exist: STARTTLS fails, so all mail from agreed networks is "
                     "refused",
                 "put the certificate there, or name another as tls_certificate"});
}

/// Exim cannot check the key of a certificate, so it does not ask for one there.
bool asks_certificate(const InboundParty& party) {
  return std::ranges::none_of(party.fingerprints, [](const Fingerprint& each) {
    return each.of == Fingerprint::Of::public_key;
  });
}

void check_asked(const EximMachine& machine, const InboundRules& rules, Findings& out) {
  if (std::ranges::none_of(rules.parties, asks_certificate)) return;
  const std::string asked = option(machine, "tls_try_verify_hosts");
  if (asked.contains("+tlspact_asked") || asked == "*" ||
      option(machine, "tls_verify_hosts") == "*")
    return;
  // Debian sets what the pieces say only where its own TLS is on.
  const std::string debian =
      asked.empty() ? "MAIN_TLS_ENABLE = yes in " + macro_file(machine) +
                          ", then tlspact init --apply && update-exim4.conf && systemctl reload "
                          "exim4"
                    : "tlspact init --apply; hosts of your own are named by "
                      "MAIN_TLS_TRY_VERIFY_HOSTS in " +
                          macro_file(machine);
  out.push_back({Severity::alert, "Exim",
                 "tls_try_verify_hosts does not hold +tlspact_asked: clients are not asked for the "
                 "certificate that is agreed for mail to us, so their mail is refused",
                 machine.is_debian()
                     ? debian
                     : "tlspact init --apply, and the .include lines that it prints; your own "
                       "hosts become TLSPACT_OWN_TRY_VERIFY"});
}

/// Exim reads them as its own user.
void check_lists(const EximExpectation& expected, Findings& out) {
  for (const std::filesystem::path& list : exim_inbound_paths(expected.settings.map)) {
    struct stat status{};
    const bool exists = ::stat(list.c_str(), &status) == 0;
    if (exists && (status.st_mode & S_IROTH) != 0) continue;
    out.push_back({Severity::alert, "Exim",
                   list.string() + (exists ? " cannot be read by Exim's user" : " does not exist") +
                       ": it answers 451 to all mail",
                   exists ? "chmod 644 " + list.string() : "tlspact generate"});
  }
}

}  // namespace

Findings check_exim_inbound(const EximMachine& machine, const EximExpectation& expected) {
  const InboundRules rules = inbound_rules(expected.inbound);
  if (rules.empty()) return {};
  if (!machine.sends_to_mx())
    return {{Severity::warning, "Exim",
             "it is of Debian's type \"" + machine.type() +
                 "\", where init changes nothing: what partners promised for mail to us is not "
                 "enforced",
             "dpkg-reconfigure exim4-config (type \"internet site\"), then tlspact init --apply"}};
  Findings out;
  check_acl(machine, out);
  check_starttls(machine, out);
  check_asked(machine, rules, out);
  check_lists(expected, out);
  return out;
}

}  // namespace tlspact

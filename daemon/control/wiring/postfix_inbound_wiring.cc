// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/postfix_inbound_wiring.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <ranges>
#include <sstream>

#include "daemon/control/wiring/postfix_scope.h"
#include "generators/table/file.h"
#include "policy/inbound_rules.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

constexpr std::string_view kInit = "tlspact init --apply, then tlspact generate";

bool has(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string port_of(const PostfixService& service) {
  return service.name.substr(service.name.rfind(':') + 1);
}

/// master_service_disable names types ("inet") and services ("smtp/inet").
bool is_off(const PostfixInstance& instance, const PostfixService& service) {
  const Names off = split_postfix_list(instance.value("master_service_disable"));
  return has(off, service.type) || has(off, service.text());
}

/// Port 25, or what postscreen(8) hands its clients to.
bool takes_from_servers(const PostfixInstance& instance, const PostfixService& service) {
  if (service.program != "smtpd" || is_off(instance, service)) return false;
  const std::string port = port_of(service);
  return service.type == "pass" || (service.type == "inet" && (port == "smtp" || port == "25"));
}

/// Places where one of `names` has its value for mail from other servers; none if no such mail is
/// taken.
std::vector<PostfixScope> inbound_scopes(const PostfixInstance& instance, const Names& names) {
  std::vector<PostfixScope> out;
  bool in_main = false;
  for (const PostfixService& service : instance.services) {
    if (!takes_from_servers(instance, service)) continue;
    const bool own = std::ranges::any_of(
        names, [&](const std::string& each) { return service.overrides.contains(each); });
    if (own) out.push_back({&instance, &service});
    in_main = in_main || !own;
  }
  if (in_main) out.insert(out.begin(), {&instance, nullptr});
  return out;
}

void check_delay(const PostfixScope& scope, Findings& out) {
  if (scope.value("smtpd_delay_reject") == "yes") return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + "smtpd_delay_reject is no: clients are judged before STARTTLS, so "
                                 "all mail from agreed networks is refused",
                 scope.remedy("smtpd_delay_reject", "yes")});
}

void check_offered(const PostfixScope& scope, Findings& out) {
  const std::string level = scope.value("smtpd_tls_security_level");
  const bool legacy =
      scope.value("smtpd_use_tls") == "yes" || scope.value("smtpd_enforce_tls") == "yes";
  if (level == "may" || level == "encrypt" || (level.empty() && legacy)) return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + "smtpd_tls_security_level is " +
                     (level.empty() ? "not set" : level) +
                     ": STARTTLS is not offered, so all mail from agreed networks is refused",
                 scope.remedy("smtpd_tls_security_level", "may")});
}

const Names kCertificateNames{"smtpd_tls_chain_files", "smtpd_tls_cert_file",
                              "smtpd_tls_eccert_file", "smtpd_tls_dcert_file"};

/// The first name that has a value counts for chain_files, which replaces the others.
Names certificate_files(const PostfixScope& scope) {
  Names out;
  for (const std::string& name : kCertificateNames) {
    std::ranges::copy_if(split_postfix_list(scope.value(name)), std::back_inserter(out),
                         [](const std::string& file) { return file != "none"; });
    if (name == kCertificateNames.front() && !out.empty()) break;
  }
  return out;
}

void check_certificate(const PostfixScope& scope, Findings& out) {
  const Names files = certificate_files(scope);
  std::error_code error;
  const auto missing = std::ranges::find_if(
      files, [&](const std::string& file) { return !fs::exists(file, error); });
  if (!files.empty() && missing == files.end()) return;
  const std::string what = files.empty() ? "smtpd(8) has no certificate (smtpd_tls_chain_files, or "
                                           "smtpd_tls_cert_file)"
                                         : "the certificate " + *missing + " does not exist";
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + what +
                     ": STARTTLS is not offered, so all mail from agreed networks is refused",
                 files.empty()
                     ? scope.remedy("smtpd_tls_chain_files", "FILE-WITH-KEY-AND-CHAIN")
                     : "put the certificate there, or name another: " +
                           scope.remedy("smtpd_tls_chain_files", "FILE-WITH-KEY-AND-CHAIN")});
}

/// What may let mail pass before our table is asked.
bool may_permit(const std::string& restriction) {
  return restriction.starts_with("permit") || restriction.starts_with("check_");
}

std::string joined(auto&& words) {
  std::string out;
  for (const std::string& each : words)
    out += (out.empty() ? "" : " ") + each;
  return out;
}

/// Whether `name` asks our table (`ours`), and nothing before it.
void check_restrictions(const PostfixScope& scope, const std::string& name, const std::string& ours,
                        Findings& out) {
  const Names words = split_postfix_list(scope.value(name));
  const auto place = std::ranges::search(words, split_postfix_list(ours));
  const std::string& subject = scope.instance->subject();
  if (place.empty()) {
    out.push_back({Severity::alert, subject,
                   scope.place() + name +
                       " does not ask the inbound table of tlspact: what "
                       "partners promised for mail to us is not enforced",
                   scope.service == nullptr ? std::string{kInit} : scope.remedy(name, ours)});
    return;
  }
  const auto before = std::ranges::subrange(words.begin(), place.begin());
  if (before.empty()) return;
  const auto behind = std::ranges::subrange(place.end(), words.end());
  const bool passes = std::ranges::any_of(before, may_permit);
  out.push_back({passes ? Severity::alert : Severity::note, subject,
                 scope.place() + name + " asks the inbound table of tlspact behind " +
                     joined(before) + (passes ? ": what that permits keeps no agreement" : ""),
                 scope.remedy(name, ours + ", " + joined(before) +
                                        (behind.empty() ? "" : " " + joined(behind)))});
}

/// A content filter hands mail back in clear, from this machine.
void check_filters(const PostfixInstance& instance, const PostfixExpectation& expected,
                   Findings& out) {
  constexpr std::array<std::string_view, 5> kPeople{"submission", "submissions", "smtps", "465",
                                                    "587"};
  constexpr const char* kName = "smtpd_sender_restrictions";
  for (const PostfixService& service : instance.services) {
    if (service.program != "smtpd" || service.type != "inet" || is_off(instance, service) ||
        takes_from_servers(instance, service) || has(kPeople, port_of(service)))
      continue;
    const Names words = split_postfix_list(instance.value(kName, &service));
    const Names ours = split_postfix_list(postfix_sender_restriction(expected.settings));
    if (std::ranges::search(words, ours).empty()) continue;
    out.push_back({Severity::warning, instance.subject(),
                   service.text() + " asks the inbound table of sender domains, too: if a content "
                                    "filter hands mail back there in clear, that of agreed "
                                    "domains is refused",
                   instance.command("postconf") + " -P '" + service.text() + "/" + kName +
                       "=' && " + instance.command("postfix") + " reload"});
  }
}

void check_value(const PostfixScope& scope, const std::string& name, const std::string& wanted,
                 const std::string& why, Findings& out) {
  const std::string value = scope.value(name);
  if (value == wanted) return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + name + " is " + (value.empty() ? "not set" : value) + ": " + why,
                 scope.remedy(name, wanted)});
}

void check_class(const PostfixScope& scope, const InboundParty& party,
                 const GeneratorSettings::Postfix& settings, Findings& out) {
  const std::string name = postfix_class_name(party.slug);
  const Names classes = split_postfix_list(scope.value("smtpd_restriction_classes"));
  const bool listed = has(classes, name);
  if (listed && scope.value(name) == postfix_class_value(party.slug, settings)) return;
  out.push_back({Severity::alert, party.partners.front(),
                 scope.place() +
                     (listed ? name + " is not what tlspact made it"
                             : "smtpd_restriction_classes does not name " + name) +
                     ": the client certificate that is agreed for mail to us is not asked for by " +
                     scope.instance->subject(),
                 scope.service == nullptr ? std::string{kInit}
                                          : scope.remedy("smtpd_restriction_classes", name)});
}

void check_client_certificates(const PostfixInstance& instance, const InboundRules& rules,
                               const GeneratorSettings::Postfix& settings, Findings& out) {
  for (const PostfixScope& scope : inbound_scopes(instance, {"smtpd_tls_ask_ccert"}))
    check_value(scope, "smtpd_tls_ask_ccert", "yes",
                "no client shows the certificate that is agreed for mail to us", out);
  for (const PostfixScope& scope : inbound_scopes(instance, {"smtpd_tls_fingerprint_digest"}))
    check_value(scope, "smtpd_tls_fingerprint_digest", "sha256",
                "no client certificate that is agreed for mail to us is recognized", out);
  for (const InboundParty& party : rules.parties)
    for (const PostfixScope& scope :
         inbound_scopes(instance, {"smtpd_restriction_classes", postfix_class_name(party.slug)}))
      check_class(scope, party, settings, out);
}

void check_types(const PostfixInstance& instance, Findings& out) {
  for (const char* type : {"cidr", "regexp"}) {
    if (has(instance.table_types, type)) continue;
    out.push_back({Severity::alert, instance.subject(),
                   std::string{"it cannot read tables of type "} + type +
                       " (postconf -m), which the inbound tables are: it answers 451 to all mail",
                   "install a Postfix that has them, as Debian's has"});
  }
}

/// The lines of a table that name a class; each without its action.
Names places_with_class(const std::string& table) {
  Names out;
  std::istringstream lines{table};
  for (std::string line; std::getline(lines, line);)
    if (const std::size_t action = line.rfind(" tlspact_");
        action != std::string::npos && !line.starts_with('#'))
      out.push_back(line.substr(0, action));
  return out;
}

/// Until a class is known to Postfix, generate writes rows that ask for TLS alone.
void check_rows(const PostfixExpectation& expected, Findings& out) {
  constexpr std::size_t kLimit = std::size_t{1} << 30U;
  Snapshot snapshot;
  snapshot.inbound = expected.inbound;
  for (const Artifact& each : render_postfix_inbound(snapshot, expected.settings).artifacts) {
    const auto* wanted = std::get_if<std::string>(&each.content);
    if (wanted == nullptr) continue;
    const auto installed = read_file(each.path, kLimit);
    if (!installed) continue;  // check_files() says so
    for (const std::string& place : places_with_class(*wanted)) {
      if (!installed->contains("\n" + place + " reject_plaintext_session\n")) continue;
      out.push_back({Severity::warning, place,
                     each.path.string() + " asks only for TLS where a client certificate is agreed",
                     "tlspact generate"});
    }
  }
}

void check_tables(const PostfixInstance& instance, const PostfixExpectation& expected,
                  Findings& out) {
  std::error_code error;
  for (const fs::path& file : postfix_inbound_files(expected.inbound, expected.settings))
    if (!fs::exists(file, error))
      out.push_back({Severity::alert, instance.subject(),
                     file.string() + " does not exist: Postfix answers 451 to mail from others",
                     "tlspact generate"});
}

}  // namespace

Findings check_server_certificate(const PostfixInstance& instance) {
  Findings out;
  for (const PostfixScope& scope : inbound_scopes(instance, kCertificateNames))
    check_certificate(scope, out);
  return out;
}

Findings check_inbound(const PostfixInstance& instance, const PostfixExpectation& expected) {
  const InboundRules rules = inbound_rules(expected.inbound);
  if (rules.empty() || inbound_scopes(instance, {}).empty()) return {};
  Findings out;
  for (const PostfixScope& scope : inbound_scopes(instance, {"smtpd_delay_reject"}))
    check_delay(scope, out);
  for (const PostfixScope& scope :
       inbound_scopes(instance, {"smtpd_tls_security_level", "smtpd_use_tls", "smtpd_enforce_tls"}))
    check_offered(scope, out);
  std::ranges::move(check_server_certificate(instance), std::back_inserter(out));
  const std::array<std::pair<std::string, std::string>, 2> lists{{
      {"smtpd_client_restrictions", postfix_client_restriction(expected.settings)},
      {"smtpd_sender_restrictions", postfix_sender_restriction(expected.settings)},
  }};
  for (const auto& [name, ours] : lists)
    for (const PostfixScope& scope : inbound_scopes(instance, {name}))
      check_restrictions(scope, name, ours, out);
  if (!rules.sender_domains.empty()) check_filters(instance, expected, out);
  if (!rules.parties.empty()) check_client_certificates(instance, rules, expected.settings, out);
  check_types(instance, out);
  check_tables(instance, expected, out);
  if (instance.primary) check_rows(expected, out);
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/control/mta_facts.h"
#include "daemon/control/wiring/postfix_scope.h"
#include "daemon/control/wiring/postfix_wiring.h"

namespace tlspact {
namespace {

template <class Predicate>
bool any_agreement(const Agreements& agreements, Predicate holds) {
  return std::ranges::any_of(agreements, [&](const auto& each) { return holds(*each); });
}

void check_level(const PostfixScope& scope, Findings& out) {
  const std::string level = scope.value("smtp_tls_security_level");
  if (!level.empty() && level != "none") return;
  // Without a level the parameters of before Postfix 2.3 count.
  const bool legacy =
      scope.value("smtp_use_tls") == "yes" || scope.value("smtp_enforce_tls") == "yes";
  if (level.empty() && legacy) return;
  out.push_back({Severity::warning, scope.instance->subject(),
                 scope.place() + "smtp_tls_security_level is " +
                     (level.empty() ? "not set" : "none") +
                     ": mail to every domain without a policy goes in clear, also where TLS is "
                     "offered",
                 scope.remedy("smtp_tls_security_level", "may")});
}

void check_ca(const PostfixScope& scope, const std::string& ca_file, Findings& out) {
  const std::string file = scope.value("smtp_tls_CAfile");
  const std::string path = scope.value("smtp_tls_CApath");
  if (ca_store_is_usable(file, path, scope.value("tls_append_default_CA") == "yes")) return;
  const std::string text =
      !file.empty() ? "smtp_tls_CAfile names " + file +
                          ", which cannot be read or is empty: Postfix switches TLS off, mail "
                          "without a policy goes in clear, all other mail is deferred"
      : !path.empty() ? "smtp_tls_CApath names " + path +
                            ", which is empty or not there: every secure entry is deferred"
                      : "neither smtp_tls_CAfile nor smtp_tls_CApath is set: no certificate of "
                        "an MX host can be trusted";
  out.push_back({Severity::alert, scope.instance->subject(), scope.place() + text,
                 ca_file_remedy(scope, ca_file)});
}

void check_dns(const PostfixScope& scope, const Agreements& agreements, Findings& out) {
  const std::string support = scope.value("smtp_dns_support_level");
  if (support == "dnssec") return;
  if (support == "disabled") {
    out.push_back({Severity::alert, scope.instance->subject(),
                   scope.place() + "smtp_dns_support_level is disabled: no MX host is looked up, "
                                   "mail goes to the domain's own address",
                   scope.remedy("smtp_dns_support_level", "enabled")});
    return;
  }
  for (const auto& agreement : agreements) {
    if (agreement->policy.level != Level::dane_only) continue;
    out.push_back({Severity::alert, agreement->domains.front().key.text(),
                   scope.place() +
                       "smtp_dns_support_level is not dnssec: the agreed dane-only "
                       "cannot be enforced by " +
                       scope.instance->subject(),
                   scope.remedy("smtp_dns_support_level", "dnssec") +
                       " (with a validating resolver on this machine), then tlspact generate"});
  }
}

/// Without validation there is no DANE that it could weaken.
void check_insecure_mx(const PostfixScope& scope, Findings& out) {
  if (scope.value("smtp_dns_support_level") != "dnssec") return;
  const std::string policy = scope.value("smtp_tls_dane_insecure_mx_policy");
  if (policy.empty() || policy == "dane") return;
  out.push_back({Severity::warning, scope.instance->subject(),
                 scope.place() + "smtp_tls_dane_insecure_mx_policy is " + policy +
                     ": where the MX answer is not signed, a dane entry counts for nothing, also "
                     "for MX hosts with TLSA records",
                 scope.remedy("smtp_tls_dane_insecure_mx_policy", "dane")});
}

void check_digest(const PostfixScope& scope, const Agreements& agreements, Findings& out) {
  const std::string digest = scope.value("smtp_tls_fingerprint_digest");
  if (digest == "sha256") return;
  const bool pinned =
      any_agreement(agreements, [](const Agreement& each) { return !each.policy.pins.empty(); });
  if (!pinned) return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + "smtp_tls_fingerprint_digest is " + digest +
                     ": pins of agreements are SHA-256 and cannot match",
                 scope.remedy("smtp_tls_fingerprint_digest", "sha256")});
}

void check_mx_patterns(const PostfixScope& scope, const Agreements& agreements, Findings& out) {
  if (scope.value("smtp_tls_enforce_sts_mx_patterns") != "no") return;
  const bool agreed =
      any_agreement(agreements, [](const Agreement& each) { return !each.policy.mx.empty(); });
  if (!agreed) return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + "smtp_tls_enforce_sts_mx_patterns is no: an MX host that was not "
                                 "agreed gets the mail if its certificate has an agreed name",
                 scope.remedy("smtp_tls_enforce_sts_mx_patterns", "yes")});
}

void check_tls_required(const PostfixScope& scope, const Agreements& agreements, Findings& out) {
  if (scope.value("tls_required_enable") != "yes") return;
  if (!any_agreement(agreements, is_mandatory)) return;
  out.push_back({Severity::alert, scope.instance->subject(),
                 scope.place() + "tls_required_enable is yes: a sender's header \"TLS-Required: "
                                 "no\" switches agreements off",
                 scope.remedy("tls_required_enable", "no")});
}

/// Postfix asks smtp_tls_per_site only where smtp_tls_policy_maps is empty.
void check_per_site(const PostfixInstance& instance, Findings& out) {
  const std::string table = instance.value("smtp_tls_per_site");
  if (table.empty() || instance.value("smtp_tls_policy_maps").empty()) return;
  out.push_back({Severity::warning, instance.subject(),
                 "smtp_tls_per_site = " + table +
                     " is not used any more, because smtp_tls_policy_maps is set",
                 "write its entries as lines of a table in smtp_tls_policy_maps (MUST becomes "
                 "secure, MUST_NOPEERMATCH encrypt, MAY may, NONE none), then: " +
                     instance.command("postconf") + " -X smtp_tls_per_site"});
}

/// What the policy refuses is tried there, under the policy of that next-hop.
void check_fallback(const PostfixInstance& instance, const PostfixExpectation& expected,
                    Findings& out) {
  const std::string relay = instance.value("smtp_fallback_relay");
  if (relay.empty() || !any_agreement(expected.agreements, is_mandatory)) return;
  out.push_back({Severity::warning, instance.subject(),
                 "smtp_fallback_relay is " + relay +
                     ": mail that an agreement refuses to hand to the partner goes there instead",
                 instance.command("postconf") + " -X smtp_fallback_relay && " +
                     instance.command("postfix") + " reload"});
}

}  // namespace

Findings check_tls_settings(const PostfixInstance& instance, const PostfixExpectation& expected) {
  Findings out;
  const Agreements& agreements = expected.agreements;
  for (const PostfixScope& scope : smtp_scopes(instance, {"smtp_tls_security_level"}))
    check_level(scope, out);
  for (const PostfixScope& scope :
       smtp_scopes(instance, {"smtp_tls_CAfile", "smtp_tls_CApath", "tls_append_default_CA"}))
    check_ca(scope, expected.ca_file, out);
  for (const PostfixScope& scope : smtp_scopes(instance, {"smtp_dns_support_level"}))
    check_dns(scope, agreements, out);
  for (const PostfixScope& scope :
       smtp_scopes(instance, {"smtp_dns_support_level", "smtp_tls_dane_insecure_mx_policy"}))
    check_insecure_mx(scope, out);
  for (const PostfixScope& scope : smtp_scopes(instance, {"smtp_tls_fingerprint_digest"}))
    check_digest(scope, agreements, out);
  for (const PostfixScope& scope : smtp_scopes(instance, {"smtp_tls_enforce_sts_mx_patterns"}))
    check_mx_patterns(scope, agreements, out);
  for (const PostfixScope& scope : smtp_scopes(instance, {"tls_required_enable"}))
    check_tls_required(scope, agreements, out);
  check_per_site(instance, out);
  check_fallback(instance, expected, out);
  return out;
}

}  // namespace tlspact

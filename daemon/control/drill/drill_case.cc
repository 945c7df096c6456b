// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_case.h"

#include <algorithm>
#include <array>

namespace tlspact {
namespace {

using enum DrillFault;
using enum DrillExpectation;

constexpr std::string_view kZone = "drill.tlspact.invalid";

constexpr std::array kCases{
    DrillCase{"no-starttls", "no STARTTLS at all", Level::encrypt, no_starttls, refused},
    DrillCase{"tls-required-no", "the same, header TLS-Required: no", Level::encrypt, no_starttls,
              refused, "TLS-Required: no"},
    DrillCase{"stripped", "STARTTLS overwritten on the way", Level::secure, stripped, refused},
    DrillCase{"starttls-454", "STARTTLS answered with 454", Level::encrypt, starttls_4xx, refused},
    DrillCase{"starttls-502", "STARTTLS answered with 502", Level::secure, starttls_5xx, refused},
    DrillCase{"injection", "a reply in clear behind the 220", Level::secure, injection, unharmed},
    DrillCase{"expired", "expired certificate", Level::secure, expired, refused},
    DrillCase{"wrong-name", "certificate for another name", Level::secure, wrong_name, refused},
    DrillCase{"unknown-ca", "certificate of an unknown authority", Level::secure, unknown_authority,
              refused},
    DrillCase{"wrong-mx", "MX host that was not agreed", Level::secure, wrong_mx, refused},
    DrillCase{"tlsa-mismatch", "TLSA record for another key", Level::dane_only, tlsa_mismatch,
              refused},
    DrillCase{"good-encrypt", "good, any certificate", Level::encrypt, none, delivered},
    DrillCase{"good-secure", "good, trusted certificate", Level::secure, none, delivered},
    DrillCase{"good-dane", "good, TLSA record", Level::dane_only, none, delivered},
};

Domain below_zone(std::string_view labels) {
  return Domain::from_normal_form(std::string{labels} + "." + std::string{kZone});
}

std::string named(std::string_view host, std::string_view name) {
  return std::string{host} + "." + std::string{name};
}

}  // namespace

std::string_view expectation_text(DrillExpectation expected) {
  switch (expected) {
    case refused:
      return "refused";
    case delivered:
      return "delivered";
    case unharmed:
      return "refused or by TLS";
  }
  return "";
}

Domain DrillCase::domain() const {
  return below_zone(name);
}

Domain DrillCase::agreed_mx() const {
  return below_zone(named("mx", name));
}

Domain DrillCase::mx() const {
  return fault == wrong_mx ? below_zone(named("elsewhere", name)) : agreed_mx();
}

TlsPolicy DrillCase::policy() const {
  TlsPolicy out;
  out.level = level;
  out.min_tls = TlsVersion::tls1_2;
  if (level == Level::secure) out.mx = {{agreed_mx(), false}};
  return out;
}

std::span<const DrillCase> drill_cases() {
  return kCases;
}

std::vector<DrillCase> drill_cases(bool with_dane) {
  std::vector<DrillCase> out;
  std::ranges::copy_if(kCases, std::back_inserter(out),
                       [&](const DrillCase& each) { return with_dane || !each.needs_dane(); });
  return out;
}

std::string_view drill_zone_name() {
  return kZone;
}

Snapshot drill_snapshot(std::span<const DrillCase> cases, Time now) {
  std::vector<SnapshotEntry> entries;
  for (const DrillCase& each : cases) {
    const auto policy = std::make_shared<const TlsPolicy>(each.policy());
    entries.push_back({.key = PolicyKey::of(each.domain()),
                       .policy = policy,
                       .policy_without_dane = each.needs_dane() ? nullptr : policy,
                       .published_without_dane = {},
                       .policy_lines = {},
                       .source = Source::agreement,
                       .origin = "drill",
                       .valid_until = {}});
  }
  std::ranges::sort(entries, {}, &SnapshotEntry::text);
  SnapshotBuilder builder{now};
  for (const SnapshotEntry& each : entries)
    builder.add(each);
  return builder.take();
}

std::vector<std::shared_ptr<const Agreement>> drill_agreements(std::span<const DrillCase> cases) {
  std::vector<std::shared_ptr<const Agreement>> out;
  for (const DrillCase& each : cases) {
    auto agreement = std::make_shared<Agreement>();
    agreement->partner = "drill";
    agreement->domains = {{PolicyKey::of(each.domain()), {}}};
    agreement->policy = each.policy();
    out.push_back(std::move(agreement));
  }
  return out;
}

}  // namespace tlspact

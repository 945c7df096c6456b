// SPDX-License-Identifier: MIT
#include "smtp/tls/host_policy.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tlspact {
namespace {

using Outcome = std::expected<HostPolicy, HostRefused>;

constexpr std::array<std::string_view, 6> kDemands{"none", "opportunistic", "encrypted",
                                                   "dane", "pkix",          "pinned"};

std::unexpected<HostRefused> refuse(HostRefused::Why why, std::string text) {
  return std::unexpected(HostRefused{why, std::move(text)});
}

void add_name(std::vector<MxPattern>& names, const std::string& name) {
  auto pattern = MxPattern::parse(name);
  if (pattern && std::ranges::find(names, *pattern) == names.end())
    names.push_back(*std::move(pattern));
}

/// RFC 7672 section 3.2.2: the TLSA base domain; and, if the MX RRset is secure, the next-hop and
/// where its CNAMEs lead.
std::vector<MxPattern> dane_names(const MxHost& host, const MxLookup& lookup,
                                  const Domain& next_hop) {
  std::vector<MxPattern> names;
  add_name(names, host.found.tlsa_base);
  if (lookup.secure) {
    add_name(names, next_hop.text());
    if (!lookup.canonical_name.empty()) add_name(names, lookup.canonical_name);
  }
  return names;
}

HostPolicy by_dane(HostPolicy result, const MxHost& host, const MxLookup& lookup,
                   const Domain& next_hop) {
  result.demand = TlsDemand::dane;
  result.sni = host.found.tlsa_base;
  result.tlsa = host.found.tlsa;
  result.names = dane_names(host, lookup, next_hop);
  result.reason = "DANE: the host has usable TLSA records";
  return result;
}

HostPolicy by_names(HostPolicy result, const TlsPolicy& policy, const MxHost& host) {
  result.demand = TlsDemand::pkix;
  result.names = policy.certificate_names;
  // RFC 8461 section 4.2: the certificate is for the MX host, whose name the policy has bound.
  if (result.names.empty()) add_name(result.names, host.name.text());
  result.reason = "the policy asks for a trusted certificate";
  return result;
}

/// What holds where the host has no usable TLSA record.
Outcome without_usable_tlsa(HostPolicy result, const TlsPolicy& policy, const MxHost& host) {
  if (policy.level == Level::dane_only)
    return refuse(HostRefused::Why::no_tlsa, "dane-only, and " + host.found.reason);
  if (host.found.dane == HostDane::unusable) {
    // RFC 7672 section 2.2: a promise of TLS that nothing can be matched with.
    result.demand = TlsDemand::encrypted;
    result.reason = "DANE: all TLSA records are unusable, so TLS is required, unauthenticated";
  }
  return result;
}

/// The level of the next-hop, without DANE.
HostPolicy by_level(HostPolicy result, const TlsPolicy& policy, const MxHost& host) {
  switch (policy.level) {
    case Level::none:
      result.demand = TlsDemand::none;
      break;
    case Level::may:
    case Level::dane:
      result.demand = TlsDemand::opportunistic;
      break;
    case Level::dane_only:
    case Level::encrypt:
      result.demand = TlsDemand::encrypted;
      break;
    case Level::fingerprint:
      result.demand = TlsDemand::pinned;
      result.pins = policy.pins;
      break;
    case Level::secure:
      return by_names(std::move(result), policy, host);
  }
  result.reason = "the level is " + std::string{level_name(policy.level)};
  return result;
}

HostPolicy common_parts(const TlsPolicy& policy, const MxHost& host) {
  HostPolicy result;
  result.sni = host.name.text();
  result.ca_file = policy.ca_file;
  result.min_tls = policy.min_tls;
  result.ciphers = policy.ciphers;
  result.client_certificate = policy.client_certificate;
  result.client_key = policy.client_key;
  return result;
}

bool is_named(const TlsPolicy& policy, const Domain& host) {
  return policy.mx.empty() || std::ranges::any_of(policy.mx, [&](const MxPattern& pattern) {
           return pattern.matches(host);
         });
}

}  // namespace

std::string_view tls_demand_name(TlsDemand demand) {
  return kDemands.at(static_cast<std::size_t>(demand));
}

std::optional<TlsDemand> parse_tls_demand(std::string_view name) {
  const auto* const found = std::ranges::find(kDemands, name);
  if (found == kDemands.end()) return std::nullopt;
  return static_cast<TlsDemand>(found - kDemands.begin());
}

Outcome host_policy(const TlsPolicy* policy, const MxHost& host, const MxLookup& lookup,
                    const Domain& next_hop) {
  if (policy == nullptr) {
    HostPolicy result;
    result.sni = host.name.text();
    result.reason = "no policy: TLS is opportunistic";
    return result;
  }
  if (!is_named(*policy, host.name))
    return refuse(HostRefused::Why::not_named, "the policy does not name this MX host");
  HostPolicy result = common_parts(*policy, host);
  const bool dane = policy->level == Level::dane || policy->level == Level::dane_only ||
                    policy->dane_where_present;
  if (dane && host.found.dane == HostDane::failed)
    return refuse(HostRefused::Why::dns_failed, "DNS failed: " + host.found.reason);
  if (dane && host.found.dane == HostDane::usable)
    return by_dane(std::move(result), host, lookup, next_hop);
  result = by_level(std::move(result), *policy, host);
  if (policy->level == Level::dane || policy->level == Level::dane_only)
    return without_usable_tlsa(std::move(result), *policy, host);
  return result;
}

}  // namespace tlspact

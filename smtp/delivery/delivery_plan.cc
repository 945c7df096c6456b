// SPDX-License-Identifier: MIT
#include "smtp/delivery/delivery_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tlspact {
namespace {

Outcome passed_over(Stage stage, OutcomeClass outcome, std::string detail) {
  return {stage, outcome, EvidenceKind::inconclusive, printable(detail)};
}

/// Positions of the hosts, in the order in which to try them.
std::vector<std::size_t> order(const std::vector<MxHost>& hosts, const Chance& chance) {
  std::vector<std::size_t> result(hosts.size());
  std::iota(result.begin(), result.end(), 0);
  for (std::size_t from = 0; from < result.size();) {
    std::size_t end = from;
    while (end < result.size() && hosts[end].preference == hosts[from].preference)
      ++end;
    for (std::size_t left = end - from; left > 1; --left)
      std::swap(result[from + left - 1], result[from + chance(left)]);
    from = end;
  }
  return result;
}

Outcome of_refusal(const MxHost& host, const HostRefused& refused) {
  const std::string text = host.name.text() + ": " + refused.text;
  switch (refused.why) {
    case HostRefused::Why::not_named:
      return passed_over(Stage::policy, OutcomeClass::mismatch, text);
    case HostRefused::Why::no_tlsa:
      return passed_over(Stage::dns_tlsa, OutcomeClass::insecure, text);
    case HostRefused::Why::dns_failed:
      return passed_over(Stage::dns_tlsa, OutcomeClass::bogus, text);
  }
  return passed_over(Stage::policy, OutcomeClass::local, text);
}

void add_host(DeliveryPlan& plan, const MxHost& host, HostPolicy policy, bool requiretls) {
  if (requiretls && !authenticates(policy.demand)) {
    plan.passed_over.push_back(passed_over(
        Stage::policy, OutcomeClass::insecure,
        host.name.text() + ": REQUIRETLS needs a host that is authenticated by DANE, MTA-STS or an "
                           "agreement (5.7.30)"));
    return;
  }
  if (host.found.addresses.empty())
    plan.passed_over.push_back(passed_over(Stage::dns_address, OutcomeClass::absent,
                                           host.name.text() + ": there is no address"));
  for (const auto& address : host.found.addresses)
    plan.attempts.push_back({host.name.text(), address, policy});
}

/// Why there is no host; nullopt: there are some.
std::optional<Outcome> no_hosts(const MxLookup& lookup) {
  switch (lookup.source) {
    case MxSource::null_mx:
      return passed_over(Stage::dns_mx, OutcomeClass::absent,
                         "the domain takes no mail: null MX (RFC 7505)");
    case MxSource::no_such_domain:
      return passed_over(Stage::dns_mx, OutcomeClass::absent, "there is no such domain");
    case MxSource::failed:
      return passed_over(Stage::dns_mx, OutcomeClass::bogus, "DNS failed: " + lookup.reason);
    default:
      break;
  }
  if (!lookup.hosts.empty()) return std::nullopt;
  return passed_over(Stage::dns_mx, OutcomeClass::absent, "no MX record names a host");
}

}  // namespace

DeliveryPlan plan_delivery(const MxLookup& lookup, const PolicyKey& next_hop,
                           const TlsPolicy* policy, bool requiretls, const Chance& chance) {
  DeliveryPlan plan;
  if (auto none = no_hosts(lookup)) {
    plan.permanent =
        lookup.source == MxSource::null_mx || lookup.source == MxSource::no_such_domain;
    plan.passed_over.push_back(*std::move(none));
    return plan;
  }
  for (const std::size_t position : order(lookup.hosts, chance)) {
    const MxHost& host = lookup.hosts[position];
    auto fitting = host_policy(policy, host, lookup, next_hop.domain());
    if (!fitting) {
      plan.passed_over.push_back(of_refusal(host, fitting.error()));
      continue;
    }
    add_host(plan, host, *std::move(fitting), requiretls);
  }
  return plan;
}

}  // namespace tlspact

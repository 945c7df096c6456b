// SPDX-License-Identifier: MIT
#include "daemon/control/keep_evidence.h"

#include <utility>

namespace tlspact {
namespace {

std::vector<EndpointMemory> endpoints_of(std::span<const Evidence> evidence,
                                         const Endpoints& endpoints) {
  std::vector<EndpointMemory> out;
  std::set<Endpoints::Key> taken;
  for (const Evidence& each : evidence) {
    const EndpointMemory* memory = endpoints.find(each.host, each.address);
    if (memory != nullptr && taken.emplace(each.host, each.address).second) out.push_back(*memory);
  }
  return out;
}

}  // namespace

Result<void> keep_evidence(Store& store, const ProbeReport& report, const ProbeOptions& options,
                           ProbeStates& states) {
  const std::set<std::string> changed = learn_from(report, options, states);
  if (auto kept = store.keep_endpoints(endpoints_of(report.evidence, states.endpoints)); !kept)
    return kept;
  if (auto kept = store.add_evidence(report.evidence); !kept) return kept;
  std::vector<LearnedDomain> domains;
  for (const std::string& key : changed) {
    const auto known = states.domains.find(key);
    if (known != states.domains.end()) domains.push_back(known->second);
  }
  return store.keep_learned_domains(domains);
}

void leave_out_forgotten(ProbeReport& report, const std::set<std::string>& wanted) {
  std::set<std::string> forgotten;
  std::set<std::string> used;
  for (const auto& [next_hop, seen] : report.mx_sets)
    (wanted.contains(next_hop) ? used : forgotten).insert(seen.hosts.begin(), seen.hosts.end());
  std::erase_if(report.mx_sets, [&](const auto& each) { return !wanted.contains(each.first); });
  std::erase_if(report.evidence, [&](const Evidence& each) {
    return forgotten.contains(each.host) && !used.contains(each.host);
  });
}

Result<ProbeStates> read_probe_states(Store& store) {
  ProbeStates out;
  auto endpoints = store.endpoints();
  if (!endpoints) return std::unexpected(std::move(endpoints.error()));
  out.endpoints = *std::move(endpoints);
  auto domains = store.learned_domains();
  if (!domains) return std::unexpected(std::move(domains.error()));
  for (LearnedDomain& each : *domains) {
    std::string key = each.domain;
    out.domains[std::move(key)] = std::move(each);
  }
  return out;
}

Result<void> keep_seen(Store& store, std::span<const Evidence> seen, const LearnRules& rules,
                       Seconds interval) {
  if (seen.empty()) return {};
  auto endpoints = store.endpoints();
  if (!endpoints) return std::unexpected(std::move(endpoints.error()));
  for (const Evidence& each : seen) {
    EndpointMemory& memory = endpoints->at(each.host, each.address);
    memory = remember(std::move(memory), each, rules, {.interval = interval});
  }
  if (auto kept = store.keep_endpoints(endpoints_of(seen, *endpoints)); !kept) return kept;
  return store.add_evidence(seen);
}

}  // namespace tlspact

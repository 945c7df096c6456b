// SPDX-License-Identifier: MIT
#include "daemon/control/overview/failing_hosts.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "policy/enforcement_guard.h"

namespace tlspact {
namespace {

constexpr std::size_t kNamed = 3;

using ByHost = std::map<std::string, FailingHost>;

/// What the last look that teaches says of it.
FailingHost of_endpoint(const EndpointMemory& memory) {
  FailingHost out{.host = memory.host,
                  .address = memory.address,
                  .stage = {},
                  .outcome = {},
                  .why = "did TLS before, and does not any more",
                  .alarm = memory.alarm,
                  .level = {},
                  .of = {}};
  if (const auto& seen = memory.conclusive) {
    out.stage = seen->stage;
    out.outcome = seen->outcome;
    out.seen = seen->at;
    if (!seen->detail.empty()) out.why = seen->detail;
  }
  return out;
}

bool fails(const EndpointMemory& memory) {
  return memory.alarm || (memory.conclusive && memory.conclusive->kind == EvidenceKind::negative);
}

/// The endpoint that a proof is about: its text begins with the address.
const EndpointMemory* endpoint_of(const HostProof& proof, const Endpoints& endpoints) {
  for (const EndpointMemory* each : endpoints.of_host(proof.host)) {
    if (proof.text.starts_with(each->address + ": ")) return each;
  }
  return nullptr;
}

void add_proof(const std::string& domain, Level level, const HostProof& proof,
               const Endpoints& endpoints, ByHost& hosts) {
  const EndpointMemory* endpoint = endpoint_of(proof, endpoints);
  FailingHost row;
  if (endpoint != nullptr) row = of_endpoint(*endpoint);
  row.host = proof.host;
  row.why = endpoint == nullptr ? proof.text : proof.text.substr(endpoint->address.size() + 2);
  FailingHost& known = hosts[proof.host];
  if (known.enforced == 0) {  // what is enforced says more than what was only seen
    row.level = level_name(level);
    row.of = std::exchange(known.of, {});
    row.domains = known.domains;
    known = std::move(row);
  }
  ++known.enforced;
  known.of.insert(known.of.begin(), domain);
}

void add_domains(const ProbeStates& states, const Snapshot& snapshot, Time now, ByHost& hosts) {
  for (const auto& [key, domain] : states.domains) {
    if (const auto entry = snapshot.find(key); entry && entry->holds_at(now)) {
      for (const HostProof& proof : prove_domain(*entry->policy, domain, states.endpoints, now)) {
        if (proof.proof == Proof::disproven)
          add_proof(key, entry->policy->level, proof, states.endpoints, hosts);
      }
    }
    for (const std::string& host : domain.hosts) {
      const auto row = hosts.find(host);
      if (row == hosts.end()) continue;
      ++row->second.domains;
      auto& named = row->second.of;
      if (named.size() < kNamed && std::ranges::find(named, key) == named.end())
        named.push_back(key);
    }
  }
}

}  // namespace

FailingHosts failing_hosts(const ProbeStates& states, const Snapshot& snapshot, Time now) {
  ByHost hosts;
  for (const auto& [key, memory] : states.endpoints.all()) {
    if (fails(memory)) hosts.try_emplace(memory.host, of_endpoint(memory));
  }
  add_domains(states, snapshot, now, hosts);
  FailingHosts out{.rows = {}, .count = hosts.size()};
  for (auto& [host, row] : hosts) {
    row.of.resize(std::min(row.of.size(), kNamed));
    row.domains = std::max(row.domains, row.enforced);
    out.rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(out.rows, {}, [](const FailingHost& each) {
    return std::tuple{each.enforced == 0, !each.alarm};
  });
  out.rows.resize(std::min(out.rows.size(), kMostFailingHosts));
  return out;
}

}  // namespace tlspact

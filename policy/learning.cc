// SPDX-License-Identifier: MIT
#include "policy/learning.h"

#include <algorithm>

namespace tlspact {

EndpointMemory& Endpoints::at(const std::string& host, const std::string& address) {
  EndpointMemory& memory = by_key_[{host, address}];
  memory.host = host;
  memory.address = address;
  return memory;
}

const EndpointMemory* Endpoints::find(const std::string& host, const std::string& address) const {
  const auto found = by_key_.find({host, address});
  return found == by_key_.end() ? nullptr : &found->second;
}

void Endpoints::put(EndpointMemory memory) {
  Key key{memory.host, memory.address};
  by_key_[std::move(key)] = std::move(memory);
}

std::vector<const EndpointMemory*> Endpoints::of_host(const std::string& host) const {
  std::vector<const EndpointMemory*> out;
  for (auto each = by_key_.lower_bound({host, ""});
       each != by_key_.end() && each->first.first == host; ++each)
    out.push_back(&each->second);
  return out;
}

namespace {

/// An address that is not looked at any more, because DNS no longer names it, has no say.
bool saw_no_tls(const EndpointMemory& memory, Time now) {
  return memory.conclusive && now - memory.conclusive->at <= kFreshEvidence &&
         memory.conclusive->kind == EvidenceKind::negative && !memory.conclusive->tls;
}

/// When TLS was last had at a confirmed endpoint of the host; nullopt: none is confirmed, or one
/// does no TLS.
std::optional<Time> host_support(const std::vector<const EndpointMemory*>& endpoints,
                                 const LearnRules& rules, Time now) {
  std::optional<Time> out;
  for (const EndpointMemory* each : endpoints) {
    if (saw_no_tls(*each, now)) return std::nullopt;
    if (is_confirmed(*each, rules, now) && each->did_tls)
      out = std::max(out.value_or(*each->did_tls), *each->did_tls);
  }
  return out;
}

/// Of the host that has the oldest; nullopt: one of them has none.
std::optional<Time> domain_support(const LearnedDomain& domain, const Endpoints& endpoints,
                                   const LearnRules& rules, Time now) {
  std::optional<Time> out;
  for (const std::string& host : domain.hosts) {
    const auto support = host_support(endpoints.of_host(host), rules, now);
    if (!support) return std::nullopt;
    out = std::min(out.value_or(*support), *support);
  }
  return out;
}

}  // namespace

std::string endpoint_host(const std::string& host, std::uint16_t port, std::uint16_t usual_port) {
  return port == usual_port ? host : host + ":" + std::to_string(port);
}

bool has_alarm(const LearnedDomain& domain, const Endpoints& endpoints) {
  const auto alarmed = [&](const std::string& host) {
    return std::ranges::any_of(endpoints.of_host(host),
                               [](const EndpointMemory* each) { return each->alarm.has_value(); });
  };
  return std::ranges::any_of(domain.hosts, alarmed) ||
         std::ranges::any_of(domain.supporters, alarmed);
}

bool host_did_tls(const Endpoints& endpoints, const std::string& host, const LearnRules& rules,
                  Time now) {
  return std::ranges::any_of(endpoints.of_host(host), [&](const EndpointMemory* each) {
    return did_tls(*each, rules, now);
  });
}

LearnedDomain learn(LearnedDomain domain, const Endpoints& endpoints, const LearnRules& rules,
                    Time now) {
  if (const auto support = domain_support(domain, endpoints, rules, now)) {
    domain.supported = std::max(domain.supported, *support);
    domain.supporters = domain.hosts;
    if (!domain.learned) domain.learned = now;
  } else if (domain.learned && now - domain.supported > rules.decay &&
             !has_alarm(domain, endpoints)) {
    domain.learned.reset();
  }
  return domain;
}

std::optional<Candidate> learned_candidate(const LearnedDomain& domain, const Endpoints& endpoints,
                                           const LearnRules& rules, Time now) {
  if (!domain.learned || !learn(domain, endpoints, rules, now).learned) return std::nullopt;
  Candidate out;
  out.source = Source::learned;
  TlsPolicy policy;
  policy.level = Level::encrypt;
  out.policy = std::make_shared<const TlsPolicy>(std::move(policy));
  if (!has_alarm(domain, endpoints)) out.valid_until = domain.supported + rules.decay;
  std::string hosts;
  for (const std::string& host : domain.hosts)
    hosts += (hosts.empty() ? "" : ", ") + host;
  out.provenance.where = "probes of " + hosts;
  out.provenance.fetched = domain.supported;
  out.provenance.serial = "since " + format_time(*domain.learned);
  return out;
}

}  // namespace tlspact

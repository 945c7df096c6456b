// SPDX-License-Identifier: MIT
#include "policy/enforcement_guard.h"

#include <algorithm>

namespace tlspact {
namespace {

bool pin_matches(const TlsPolicy& policy, const Evidence& seen) {
  return std::ranges::any_of(policy.pins, [&](const Fingerprint& pin) {
    return pin.hex() == (pin.of == Fingerprint::Of::certificate ? seen.certificate_sha256
                                                                : seen.public_key_sha256);
  });
}

/// Certificates may name with a wildcard, too.
bool names_match(const TlsPolicy& policy, const Evidence& seen) {
  if (policy.certificate_names.empty()) return seen.names_host;
  return std::ranges::any_of(seen.names, [&](const std::string& text) {
    const auto name = MxPattern::parse(text);
    return name && std::ranges::any_of(policy.certificate_names, [&](const MxPattern& wanted) {
             return *name == wanted || (name->wildcard && !wanted.wildcard
                                            ? name->matches(wanted.name)
                                            : !name->wildcard && wanted.matches(name->name));
           });
  });
}

/// Why TLS as it was seen does not meet the level; nullopt: it does.
std::optional<std::string> unmet(const TlsPolicy& policy, const Evidence& seen) {
  if (policy.level <= Level::may) return std::nullopt;
  if (!seen.tls) {
    if (policy.level == Level::dane && !seen.dane) return std::nullopt;
    return seen.detail.empty() ? "it does no TLS" : seen.detail;
  }
  if (policy.min_tls && *seen.tls < *policy.min_tls)
    return std::string{tls_version_name(*seen.tls)} + " is older than the policy allows";
  const bool matches_tlsa = seen.dane.value_or(false);
  const bool tlsa_fails = !seen.dane.value_or(policy.level == Level::dane);
  switch (policy.level) {
    case Level::dane:
    case Level::dane_only:
      if (tlsa_fails) return "no TLSA record matches its certificate";
      return std::nullopt;
    case Level::fingerprint:
      if (!pin_matches(policy, seen)) return "its certificate has none of the fingerprints";
      return std::nullopt;
    case Level::secure:
      if (policy.dane_where_present && matches_tlsa) return std::nullopt;
      // A partner's own authority is not among those that probes trust.
      if (!seen.chain_trusted && policy.ca_file.empty()) return "its certificate is not trusted";
      if (!names_match(policy, seen)) return "its certificate is for other names";
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

HostProof prove_host(const TlsPolicy& policy, const std::string& host,
                     const std::vector<const EndpointMemory*>& endpoints, Time now) {
  HostProof out{host, Proof::unproven, "no evidence of the last days"};
  for (const EndpointMemory* each : endpoints) {
    if (!each->conclusive || now - each->conclusive->at > kFreshEvidence) {
      if (out.proof == Proof::unproven && each->last && each->last->at <= now)
        out.text = each->address + ": " + each->last->detail;
      continue;
    }
    if (const auto why = unmet(policy, *each->conclusive))
      return {host, Proof::disproven, each->address + ": " + *why};
    out.proof = Proof::proven;
    out.text = each->address + ": TLS as the policy asks";
  }
  return out;
}

std::vector<HostProof> prove_domain(const TlsPolicy& policy, const LearnedDomain& domain,
                                    const Endpoints& endpoints, Time now) {
  std::vector<HostProof> out;
  const bool bound = !policy.mx.empty() && compare_strength(policy.level, Level::encrypt) >= 0;
  std::string outside;
  for (const std::string& host : domain.hosts) {
    const Domain name = Domain::from_normal_form(host.substr(0, host.find(':')));
    const bool allowed = !bound || std::ranges::any_of(policy.mx, [&](const MxPattern& each) {
      return each.matches(name);
    });
    if (allowed) {
      out.push_back(prove_host(policy, host, endpoints.of_host(host), now));
    } else {
      outside += (outside.empty() ? "" : ", ") + host;
    }
  }
  if (out.empty() && !outside.empty())
    out.push_back({outside, Proof::disproven, "the policy names none of the MX hosts"});
  return out;
}

GuardVerdict judge_enforcement(const std::vector<HostProof>& proofs, Time since, bool accepted,
                               Time now) {
  if (accepted) return GuardVerdict::enforce;
  const auto any = [&](Proof proof) {
    return std::ranges::find(proofs, proof, &HostProof::proof) != proofs.end();
  };
  if (any(Proof::disproven)) return GuardVerdict::wait_for_operator;
  if (any(Proof::proven)) return GuardVerdict::enforce;
  return now - since >= kLongestHold ? GuardVerdict::enforce_unproven
                                     : GuardVerdict::wait_for_evidence;
}

}  // namespace tlspact

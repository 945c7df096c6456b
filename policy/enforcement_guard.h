// SPDX-License-Identifier: MIT
/// The guard before a policy becomes enforcing: whether evidence says that mail would be delivered
/// under it. Also what tells which MX hosts fail under a policy that is enforced already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/learning.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// What evidence says of one policy.
enum class Proof : std::uint8_t {
  proven,     ///< it was seen to be met
  unproven,   ///< nothing that teaches was seen lately
  disproven,  ///< it was seen not to be met
};

struct HostProof {
  std::string host;
  Proof proof = Proof::unproven;
  std::string text;  ///< for people, one line of printable ASCII: why
};

/// How long a policy waits for evidence that teaches.
inline constexpr Seconds kLongestHold = std::chrono::days{7};

/// Whether `policy` is met at an MX host of `endpoints`, all of that host, by evidence that is
/// fresh at `now`. One endpoint at which it is not met disproves. Pure.
[[nodiscard]] HostProof prove_host(const TlsPolicy& policy, const std::string& host,
                                   const std::vector<const EndpointMemory*>& endpoints, Time now);

/// For each host of the MX set that the policy allows: hosts outside of its patterns are passed
/// over by the MTA (RFC 8461 section 4.1). If it allows none, one proof, `disproven`, says so.
[[nodiscard]] std::vector<HostProof> prove_domain(const TlsPolicy& policy,
                                                  const LearnedDomain& domain,
                                                  const Endpoints& endpoints, Time now);

enum class GuardVerdict : std::uint8_t {
  enforce,            ///< proven, or the operator's word
  enforce_unproven,   ///< nothing that teaches was seen for kLongestHold: with an alert
  wait_for_evidence,  ///< nothing that teaches was seen yet
  wait_for_operator,  ///< it would not be met
};

/// Of a list's or a learned policy that would become enforcing, and has waited since `since`. One
/// proven host and none that is disproven suffice: a dead backup MX must not hold it. Pure.
[[nodiscard]] GuardVerdict judge_enforcement(const std::vector<HostProof>& proofs, Time since,
                                             bool accepted, Time now);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Evidence in words and as JSON, for people and scripts.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "policy/endpoint_memory.h"
#include "policy/enforcement_guard.h"

namespace tlspact {

/// "positive: TLSv1.3, the certificate is trusted, for the host, until 2027-01-01T00:00:00Z".
[[nodiscard]] std::string evidence_text(const Evidence& seen);

/// What is remembered beside it: an alarm, or that TLS is known to be done; empty: nothing yet.
[[nodiscard]] std::string memory_text(const EndpointMemory& memory, const LearnRules& rules,
                                      Time now);

/// "met: 192.0.2.1: TLS as the policy asks".
[[nodiscard]] std::string proof_text(const HostProof& proof);

/// Times are as in RFC 3339.
[[nodiscard]] boost::json::object evidence_to_json(const Evidence& seen);

}  // namespace tlspact

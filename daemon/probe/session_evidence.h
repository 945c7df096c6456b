// SPDX-License-Identifier: MIT
/// session_evidence(): what a session teaches of the TLS of its endpoint.
#pragma once

#include "policy/evidence.h"
#include "smtp/session/session.h"

namespace tlspact {

/// Of a probe, or of a delivery. A session that was not to try TLS teaches nothing: nullopt.
/// Neither does one that this side ended.
[[nodiscard]] std::optional<Evidence> session_evidence(const SessionRequest& request,
                                                       const SessionResult& result,
                                                       std::uint16_t usual_port, Time at);

}  // namespace tlspact

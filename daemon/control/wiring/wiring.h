// SPDX-License-Identifier: MIT
/// wiring_findings(): what check says of this machine's mail servers.
#pragma once

#include "daemon/config/config.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/wiring/finding.h"
#include "policy/time.h"

namespace tlspact {

/// Asks postconf, postmap, postmulti and exim, and reads the agreements' directory; wants to be
/// called before root is given up. Changes nothing. A server that is not installed here, or is
/// switched off in the configuration, has no findings.
[[nodiscard]] Findings wiring_findings(const Config& config, const MtaFacts& facts, Time now);

}  // namespace tlspact

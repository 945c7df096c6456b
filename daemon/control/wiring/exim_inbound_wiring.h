// SPDX-License-Identifier: MIT
/// Whether Exim enforces what agreements promise for mail to us. Only where there are such
/// agreements.
#pragma once

#include "daemon/control/wiring/exim_wiring.h"

namespace tlspact {

/// ACL, STARTTLS, who is asked for a certificate, the three lists. Looks at files, changes nothing.
[[nodiscard]] Findings check_exim_inbound(const EximMachine& machine,
                                          const EximExpectation& expected);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The network of a drill: the loopback interface of a new network namespace.
#pragma once

#include <netinet/in.h>

#include <vector>

#include "policy/result.h"

namespace tlspact {

/// The IPv4 addresses of this network namespace, but for 127.0.0.0/8. Empty where they cannot be
/// read.
[[nodiscard]] std::vector<in_addr> own_addresses();

/// Brings it up and gives it 192.0.2.254/24: on a loopback interface all of that network is this
/// machine, but only that one address is what a mail server finds to be its own. `own`: those that
/// the machine has outside, which a mail server may be told to send from.
[[nodiscard]] Result<void> bring_loopback_up(const std::vector<in_addr>& own);

}  // namespace tlspact

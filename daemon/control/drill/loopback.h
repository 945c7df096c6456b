// SPDX-License-Identifier: MIT
/// The network of a drill: the loopback interface of a new network namespace.
#pragma once

#include "policy/result.h"

namespace tlspact {

/// Brings it up and gives it 192.0.2.254/24: on a loopback interface all of that network is this
/// machine, but only that one address is what a mail server finds to be its own.
[[nodiscard]] Result<void> bring_loopback_up();

}  // namespace tlspact

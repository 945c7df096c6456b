// SPDX-License-Identifier: MIT
/// Asking an MTA whether its configuration is good, and telling it to take the new one.
#pragma once

#include "daemon/control/init/init_plan.h"
#include "policy/result.h"

namespace tlspact {

/// `postconf -n` and `postfix check` of every instance; `exim -bV`. Error: what it said.
[[nodiscard]] Result<void> validate_mtas(const InitPlan& plan);

/// Debian's update-exim4.conf, where Exim's configuration is made by it; else nothing.
[[nodiscard]] Result<void> build_exim_configuration(const InitPlan& plan);

/// `postfix reload`, and SIGHUP to the Exim daemon, where they run.
[[nodiscard]] Result<void> reload_mtas(const InitPlan& plan);

}  // namespace tlspact

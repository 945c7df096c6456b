// SPDX-License-Identifier: MIT
/// What the configuration says of probes, of learning, and of the name to greet with.
#pragma once

#include <string>

#include "daemon/config/config.h"
#include "daemon/probe/probe_run.h"

namespace tlspact {

/// [smtp] helo, else this host's name.
[[nodiscard]] std::string helo_name(const Config& config);

[[nodiscard]] LearnRules learn_rules(const Config& config);

/// Without progress, with the clock of this machine.
[[nodiscard]] ProbeOptions probe_options(const Config& config);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Whether Exim consults our map, and whether its configuration lets an entry hold.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/control/wiring/agreed.h"
#include "daemon/control/wiring/exim_machine.h"
#include "daemon/control/wiring/finding.h"
#include "generators/generator.h"
#include "generators/postfix/postfix_inbound.h"

namespace tlspact {

/// What the configuration is judged by.
struct EximExpectation {
  GeneratorSettings::Exim settings;
  Agreements agreements;
  std::string ca_file;  ///< [tls] ca_file; empty: the system's
  /// See ask_exim_routes().
  std::function<Result<std::vector<EximRoute>>(const std::vector<std::string>& addresses)> routes;
  InboundAgreements inbound = {};  ///< see check_exim_inbound()
};

/// All that check says of Exim. Changes nothing. Order of routers, changed options of our
/// transport, agreements whose mail another router takes, smart hosts, passwords in clear.
[[nodiscard]] Findings exim_wiring(const EximMachine& machine, const EximExpectation& expected);

}  // namespace tlspact

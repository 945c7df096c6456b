// SPDX-License-Identifier: MIT
/// DrillSubjects: the mail servers that a drill is about, as they are configured.
#pragma once

#include <optional>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/wiring/exim_machine.h"
#include "daemon/control/wiring/postfix_instance.h"
#include "policy/result.h"

namespace tlspact {

struct DrillSubjects {
  MtaFacts facts;                        ///< their resolvers were asked
  std::vector<PostfixInstance> postfix;  ///< those that send by SMTP
  std::optional<EximMachine> exim;
};

/// Which of them are wanted.
struct DrillChoice {
  bool postfix = true;
  bool exim = true;
};

/// Asks every server that is installed, enabled and wanted, and its resolver. Before
/// run_isolated(): inside of it there is no network, and a server's programs may not write their
/// log. Errors: there is none (unavailable), its configuration is broken (config), it cannot be
/// asked (io).
[[nodiscard]] Result<DrillSubjects> read_drill_subjects(const Config& config,
                                                        const DrillChoice& choice);

}  // namespace tlspact

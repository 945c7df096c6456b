// SPDX-License-Identifier: MIT
#include "daemon/control/overview/failure_causes.h"

namespace tlspact {

FailureCauses failure_causes(const Endpoints& endpoints) {
  FailureCauses out;
  for (const auto& [key, memory] : endpoints.all()) {
    if (!memory.last || memory.last->kind == EvidenceKind::positive) continue;
    const auto stage = parse_stage(memory.last->stage);
    const auto outcome = parse_outcome_class(memory.last->outcome);
    if (stage && outcome) ++out.endpoints[{*stage, *outcome}];
  }
  return out;
}

}  // namespace tlspact

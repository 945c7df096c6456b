// SPDX-License-Identifier: MIT
/// Evidence over time as a small picture (SVG) that needs no script.
#pragma once

#include <string>
#include <vector>

#include "daemon/store/stored_evidence.h"
#include "policy/evidence.h"

namespace tlspact {

/// How many looks came to what, by the day. `rows` in any order.
[[nodiscard]] std::vector<EvidenceDay> by_day(const std::vector<Evidence>& rows);

/// A bar a day, `days` of them up to `last`; one without evidence is empty. Positive evidence at
/// the bottom, negative on top, of which even a little is seen. Its colours are the style sheet's,
/// what it shows is in its label, and nothing in it comes from outside.
[[nodiscard]] std::string evidence_chart(const std::vector<EvidenceDay>& evidence,
                                         std::chrono::sys_days last, std::chrono::days days);

}  // namespace tlspact

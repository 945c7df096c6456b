// SPDX-License-Identifier: MIT
/// decide(): the rules by which the candidates for one next-hop become one decision.
#pragma once

#include <vector>

#include "policy/decision.h"

namespace tlspact {

struct DecisionRules {
  /// How long the last good DANE state stands in for an unknown one.
  Seconds max_stale = std::chrono::hours{72};
};

/// Pure: the same arguments give the same decision. `candidates` may hold any number of any source
/// in any order; those that do not hold at `now` lose. Never fails: without a candidate in force
/// the decision has no policy.
///
/// The rules, in full in docs/decision.md:
///  1. Ranks: agreement, DANE, MTA-STS, lists in configured order, learned evidence. Below the
///     agreement one candidate wins whole; fields of two published sources are never mixed.
///  2. DANE full: dane-only. DANE some: `secure` if a published policy is enforced (an unsigned MX
///     answer never cancels MTA-STS), else `dane`. DANE none: `secure` if enforced.
///  3. An agreement is composed with what is published: the stronger level wins, the agreement's
///     own stays between authenticated ones. An exception is final.
///  4. MTA-STS wins over lists in any mode; modes testing and none enforce nothing, and weaken
///     neither an agreement nor DANE.
[[nodiscard]] Decision decide(const PolicyKey& key, std::vector<Candidate> candidates,
                              const DecisionRules& rules, Time now);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// What the store keeps of evidence, beside the types of policy/.
#pragma once

#include <string>

#include "policy/candidate.h"
#include "policy/time.h"

namespace tlspact {

/// A list's or a learned policy that the guard holds back, or has held back.
struct HeldPolicy {
  std::string domain;            ///< the text of a PolicyKey
  Source source = Source::list;  ///< list or learned
  Time since;                    ///< when it would have become enforcing
  bool accepted = false;         ///< the operator's word: it may be enforced

  friend bool operator==(const HeldPolicy&, const HeldPolicy&) = default;
};

/// Looks of one day, UTC.
struct EvidenceDay {
  std::chrono::sys_days day;
  std::size_t positive = 0;
  std::size_t negative = 0;
  std::size_t inconclusive = 0;

  friend bool operator==(const EvidenceDay&, const EvidenceDay&) = default;
};

/// How long evidence stays in the history.
inline constexpr Seconds kEvidenceHistory = std::chrono::days{90};

}  // namespace tlspact

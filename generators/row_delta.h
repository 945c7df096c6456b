// SPDX-License-Identifier: MIT
/// Counting notices anew when a few subjects change, without going through all of them.
#pragma once

#include <optional>

#include "policy/notice.h"

namespace tlspact {

/// What a NoticeTally over all subjects would give, from what it gave before: `gone` are the
/// notices of the subjects that changed or went, `come` those that they, and new ones, have now;
/// both with their subjects, ascending by subject. In the same order, too. nullopt: a named subject
/// went and the one that would be named in its place is not known.
[[nodiscard]] std::optional<Notices> adjust_notices(const Notices& before, const Notices& gone,
                                                    const Notices& come);

}  // namespace tlspact

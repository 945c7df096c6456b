// SPDX-License-Identifier: MIT
/// Which entries differ between two snapshots.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "policy/snapshot.h"

namespace tlspact {

/// One key whose entry is new, gone, or has another ruling: the indices in both snapshots. At least
/// one of them is set.
struct EntryChange {
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
};

/// Ascending by key. nullopt: there are more than `limit`.
[[nodiscard]] std::optional<std::vector<EntryChange>> entry_changes(const Snapshot& before,
                                                                    const Snapshot& after,
                                                                    std::size_t limit);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Row streams: the policy map of one MTA, rendered from a snapshot, and rows at hand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "generators/artifact.h"
#include "generators/rendered_entry.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Renders with `render` (pure, thread-safe). A rendering that does not depend on the key is made
/// once for all entries of the same ruling. `extra` rows are merged in by key; none of them has the
/// key of an entry. `snapshot` must outlive the stream.
[[nodiscard]] std::shared_ptr<const RowStream> entry_rows(
    const Snapshot& snapshot, std::function<RenderedEntry(const SnapshotEntry&)> render,
    Rows extra);

/// Rows that are few and already made. In ascending order of their keys.
[[nodiscard]] std::shared_ptr<const RowStream> fixed_rows(Rows rows);

}  // namespace tlspact

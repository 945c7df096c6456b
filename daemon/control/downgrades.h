// SPDX-License-Identifier: MIT
/// What is less strict than in the snapshot before, and why.
#pragma once

#include "daemon/control/refresh.h"
#include "policy/notice.h"

namespace tlspact {

/// One warning for each next-hop that was enforced and is now less so, with the level that it had,
/// where that came from, and what has become of it. Many of the same kind are counted.
[[nodiscard]] Notices downgrade_notices(const Snapshot& before, const Refreshed& now);

}  // namespace tlspact

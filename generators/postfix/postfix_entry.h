// SPDX-License-Identifier: MIT
/// One entry of a Postfix policy map.
#pragma once

#include "generators/postfix/postfix_options.h"
#include "generators/rendered_entry.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Pure. The live answer and the line of a map are both made by this. The value is read back by
/// postfix_grammar.h; one that Postfix would refuse becomes no value and an alert.
[[nodiscard]] RenderedEntry render_postfix_entry(const SnapshotEntry& entry,
                                                 const PostfixOptions& options);

}  // namespace tlspact

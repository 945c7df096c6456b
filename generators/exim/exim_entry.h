// SPDX-License-Identifier: MIT
/// One entry of the Exim map.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "generators/exim/exim_options.h"
#include "generators/rendered_entry.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Pure, as render_postfix_entry. The value is read back by exim_grammar.h. A next-hop with
/// brackets or a port gets none: Exim's routers look a policy up by the recipient's domain.
[[nodiscard]] RenderedEntry render_exim_entry(const SnapshotEntry& entry,
                                              const EximOptions& options);

/// The value of the nearest `.parent` pattern that covers `domain` and holds at `now`; nullopt:
/// none does.
[[nodiscard]] std::optional<std::string> exim_parent_value(const Snapshot& snapshot,
                                                           std::string_view domain,
                                                           const EximOptions& options, Time now);

}  // namespace tlspact

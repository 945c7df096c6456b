// SPDX-License-Identifier: MIT
/// Entries by level and source, as values for a template. Private to daemon/control/http.
#pragma once

#include "daemon/control/http/html_data.h"
#include "daemon/control/run_record.h"

namespace tlspact::html {

/// "levels": those that occur, the strictest first. "sources": all of them, each with its counts in
/// the order of "levels" and a bar of their shares; "totals": over all sources.
void set_levels(data& page, const EntryCounts& counts);

/// One bar, divided by level as `of_level` is, in the order of `levels`; its length is the share of
/// all that is `most`. SVG without a label: the numbers stand beside it.
[[nodiscard]] std::string level_bar(const std::vector<Level>& levels,
                                    const std::vector<std::size_t>& of_level, std::size_t most);

}  // namespace tlspact::html

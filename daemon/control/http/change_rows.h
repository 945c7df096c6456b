// SPDX-License-Identifier: MIT
/// How two generations differ, as values for a template. Private to daemon/control/http.
#pragma once

#include "daemon/control/http/html_data.h"
#include "daemon/control/overview/generation_changes.h"

namespace tlspact::html {

/// A list: for each map its mail server, its counts and its rows.
[[nodiscard]] data changed_maps(const GenerationChanges& changes);

}  // namespace tlspact::html

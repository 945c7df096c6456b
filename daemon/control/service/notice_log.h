// SPDX-License-Identifier: MIT
/// Notices as lines of the log.
#pragma once

#include "policy/notice.h"

namespace tlspact {

/// A line for each warning and alert; notes are shown by `tlspact status` alone.
void log_notices(const Notices& notices);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The guard against a clock that cannot be right: by it, good policies would expire and expired
/// ones come back.
#pragma once

#include <optional>

#include "daemon/store/store.h"
#include "policy/notice.h"

namespace tlspact {

/// Why nothing may be looked up, kept or installed at `now`, by judge_clock() and what the kernel
/// says of its clock; nullopt: the clock is good, or an operator vouched for it within a day.
/// `last_run`: when the last run was.
[[nodiscard]] Result<std::optional<Notice>> clock_alert(Store& store, Time last_run, Time now);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The wish that somebody who may do it reloads Postfix: a file, which a unit of systemd watches
/// (tlspact-postfix-reload.path). For a service that has no root and wants none.
#pragma once

#include <optional>

#include "daemon/config/config.h"
#include "policy/notice.h"
#include "policy/result.h"

namespace tlspact {

/// `<state_dir>/reload-postfix`; one that is there already stays as it is. Error: io.
[[nodiscard]] Result<void> wish_for_reload(const Config& config);

/// It was reloaded, by whomever.
void forget_reload_wish(const Config& config);

/// An alert if a wish is older than a minute: nobody watches the file.
[[nodiscard]] std::optional<Notice> unheard_wish(const Config& config, Time now);

}  // namespace tlspact

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

/// A warning while there is a wish, and after a minute an alert: nobody watches the file.
[[nodiscard]] std::optional<Notice> wish_notice(const Config& config, Time now);

}  // namespace tlspact

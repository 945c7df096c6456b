// SPDX-License-Identifier: MIT
/// What a command that changed something itself says to the service beside it.
#pragma once

#include "daemon/config/config.h"
#include "policy/notice.h"

namespace tlspact {

enum class ServiceBeside {
  none,   ///< no service runs
  asked,  ///< it runs the path now
  mute,   ///< somebody listens, and does not answer, or not to this user
};

/// Has a running service run at once, so that it installs and shows what has changed, and tells the
/// alerts among `noticed`. Waits for ten seconds at most.
[[nodiscard]] ServiceBeside have_service_run(const Config& config, const Notices& noticed);

/// A warning where it is mute; nothing else.
[[nodiscard]] Notices mute_service_notice(ServiceBeside service);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// ask_service(): hands a command to the running service.
#pragma once

#include <filesystem>
#include <optional>

#include "daemon/control/service/control_message.h"

namespace tlspact {

/// nullopt: no service listens on that socket; the command has to do it itself. Blocks until the
/// service has answered: it may be in the middle of a run. A service that takes the command and
/// then ends, or says something else, is a reply with exit code 75.
[[nodiscard]] std::optional<ControlReply> ask_service(const std::filesystem::path& socket,
                                                      const ControlRequest& request);

}  // namespace tlspact

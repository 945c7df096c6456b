// SPDX-License-Identifier: MIT
/// ask_service(): hands a command to the running service.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "daemon/control/service/control_message.h"

namespace tlspact {

/// nullopt: no service listens on that socket; the command has to do it itself. Blocks until the
/// service has answered, for as long as it may take: it may be in the middle of a run. One that
/// takes the command and then ends, says something else, or does not answer within `patience`, is a
/// reply with exit code 75.
[[nodiscard]] std::optional<ControlReply> ask_service(
    const std::filesystem::path& socket, const ControlRequest& request,
    std::optional<std::chrono::seconds> patience = std::nullopt);

}  // namespace tlspact

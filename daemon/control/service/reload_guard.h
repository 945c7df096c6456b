// SPDX-License-Identifier: MIT
/// check_reload(): whether a configuration may take the place of the running one.
#pragma once

#include <string>

#include "daemon/config/config.h"

namespace tlspact {

/// Errors (config): the file has gone or been emptied, as by an editor on a full disk, where the
/// running one said something; or state_dir or run_dir is another one, which only a restart can
/// follow. `file` is for the message.
[[nodiscard]] Result<void> check_reload(const Config& running, const Config& fresh,
                                        const std::string& file);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/service/reload_guard.h"

namespace tlspact {

Result<void> check_reload(const Config& running, const Config& fresh, const std::string& file) {
  if (fresh.says_nothing && !running.says_nothing)
    return fail(
        Errc::config,
        file + ": has gone, or is empty; where the defaults are meant, put a comment into it");
  if (fresh.service.state_dir != running.service.state_dir ||
      fresh.service.run_dir != running.service.run_dir)
    return fail(Errc::config,
                file + ": [service] state_dir and run_dir change with a restart only");
  return {};
}

}  // namespace tlspact

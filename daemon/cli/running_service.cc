// SPDX-License-Identifier: MIT
#include "daemon/cli/running_service.h"

#include <filesystem>

#include "daemon/control/service/control_client.h"
#include "daemon/control/service/service.h"

namespace tlspact {

bool have_service_run(const Config& config) {
  const std::filesystem::path run_dir{config.service.run_dir};
  const auto reply = ask_service(run_dir / "control", {.words = {kRunCommand}});
  return reply && reply->exit_code == 0;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/cli/running_service.h"

#include <chrono>
#include <filesystem>

#include "daemon/control/service/control_client.h"

namespace tlspact {

ServiceBeside have_service_run(const Config& config, const Notices& noticed) {
  constexpr std::chrono::seconds kPatience{10};
  ControlRequest request{.words = {kRunCommand}};
  std::size_t size = 0;
  for (const Notice& each : noticed) {
    size += each.subject.size() + each.text.size();
    // The rest finds its way with the service's own run, if it is still so.
    if (each.severity != Severity::alert || size > kMaxControlRequest / 8) continue;
    request.words.push_back(each.subject);
    request.words.push_back(each.text);
  }
  const std::filesystem::path run_dir{config.service.run_dir};
  const auto reply = ask_service(run_dir / "control", request, kPatience);
  if (!reply) return ServiceBeside::none;
  return reply->exit_code == 0 ? ServiceBeside::asked : ServiceBeside::mute;
}

Notices mute_service_notice(ServiceBeside service) {
  if (service != ServiceBeside::mute) return {};
  return {{Severity::warning, "tlspactd",
           "it does not answer: it follows with its next run, if it is well (tlspact status)", 0}};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/alerts/notifier.h"
#include "daemon/control/probe_settings.h"
#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

class CommandNotifier : public Notifier {
 public:
  CommandNotifier(std::string program, std::string host)
      : program_(std::move(program)), host_(std::move(host)) {}

  [[nodiscard]] std::string name() const override { return "command"; }

  [[nodiscard]] Result<void> tell(const AlertEvent& event) override {
    const auto output = run_command({.argv = {program_}, .input = alert_json(event, host_) + "\n"});
    if (!output) return std::unexpected(output.error());
    if (output->exit_code == 0) return {};
    return fail(Errc::unavailable, program_ + ": exit code " + std::to_string(output->exit_code) +
                                       ": " + first_line(*output));
  }

 private:
  std::string program_;
  std::string host_;
};

}  // namespace

std::unique_ptr<Notifier> command_notifier(const Config& config) {
  return std::make_unique<CommandNotifier>(config.alert.command, helo_name(config));
}

}  // namespace tlspact

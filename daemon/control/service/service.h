// SPDX-License-Identifier: MIT
/// Service: tlspactd. Keeps what is in force fresh, and says what it does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/config/config.h"
#include "daemon/control/service/control_message.h"
#include "daemon/control/service/service_status.h"
#include "policy/notice.h"

namespace tlspact {

/// What became of a command of the command line.
struct CommandOutcome {
  ControlReply reply;
  bool changed = false;  ///< the maps are to follow at once
  Notices notices;       ///< for the log and the alerts too
};

struct ServiceOptions {
  std::string version;
  std::string config_file;
  bool config_given = false;  ///< it must exist
  /// Does a command by the configuration that is running, in the worker's thread; `status` and
  /// kRunCommand in the main thread.
  std::function<CommandOutcome(const ControlRequest&, const ServiceStatus&,
                               const std::shared_ptr<const Config>&)>
      command;
};

/// Runs until SIGTERM or SIGINT, and returns the exit code. SIGHUP reads the configuration anew;
/// one that is faulty keeps the running one, with an alert. Threads of its own: this one for
/// signals, timers, files and the control socket; a worker for runs and commands; one for probes;
/// and HTTP's.
///
/// READY=1 goes out as soon as the control socket is open: what was installed before is in force
/// all the time, whatever the network does. Errors that keep it from starting are said on standard
/// error: 78 configuration, 75 another one is at work, 74 a control socket that cannot be made. An
/// address of [http] that cannot be had is an alert, and tried again with each run.
[[nodiscard]] int run_service(const ServiceOptions& options);

}  // namespace tlspact

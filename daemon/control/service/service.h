// SPDX-License-Identifier: MIT
/// Service: tlspactd. Keeps what is in force fresh, and says what it does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/config/config.h"
#include "daemon/control/service/control_message.h"
#include "daemon/control/service/service_status.h"

namespace tlspact {

struct ServiceOptions {
  std::string version;
  std::string config_file;
  bool config_given = false;  ///< it must exist
  /// Does a command of the command line, in the worker's thread. `changed` is set if the maps are
  /// to follow at once.
  std::function<ControlReply(const ControlRequest&, const ServiceStatus&, bool& changed)> command;
};

/// Runs until SIGTERM or SIGINT, and returns the exit code. SIGHUP reads the configuration anew;
/// one that is faulty keeps the running one, with an alert. Threads of its own: this one for
/// signals, timers, files and the control socket; a worker for runs and commands; one for probes;
/// and HTTP's.
///
/// READY=1 goes out as soon as the control socket is open: what was installed before is in force
/// all the time, whatever the network does. Errors that keep it from starting are said on standard
/// error: 78 configuration, 75 another one is at work, 74 a socket that cannot be made.
[[nodiscard]] int run_service(const ServiceOptions& options);

}  // namespace tlspact

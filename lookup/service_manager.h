// SPDX-License-Identifier: MIT
/// What systemd and a service tell each other: sd_notify(3) and sd_listen_fds(3), without a
/// library.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// Sends `state` ("READY=1") to the socket of NOTIFY_SOCKET, a path or "@name"; without that
/// variable, or if nobody takes it, nothing.
void notify_service_manager(std::string_view state);

/// How often WATCHDOG=1 is due: half of WATCHDOG_USEC; zero: never.
[[nodiscard]] std::chrono::milliseconds watchdog_interval();

/// A socket that the service manager listens on and passes to this process.
struct PassedSocket {
  int fd = -1;
  std::string name;  ///< FileDescriptorName= of the socket unit
};

/// Once: the variables are taken out of the environment. Empty, if LISTEN_PID is another process.
[[nodiscard]] std::vector<PassedSocket> take_passed_sockets();

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// MX hosts that mail would wait at, by the evidence that there is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/probe/probe_run.h"
#include "policy/snapshot.h"

namespace tlspact {

/// One MX host that does not meet what is enforced for a domain, or was last seen to do no TLS.
struct FailingHost {
  std::string host;
  std::string address;  ///< of the endpoint that shows it; empty: it is not about one
  std::string stage;    ///< see Evidence
  std::string outcome;  ///< see Evidence
  std::string why;      ///< for people
  std::optional<Time> seen;
  std::optional<Time> alarm;    ///< since when it does no TLS although it did
  std::size_t domains = 0;      ///< whose mail goes there
  std::size_t enforced = 0;     ///< of them, those whose policy in force it does not meet
  std::string level;            ///< of the first of these
  std::vector<std::string> of;  ///< some of the domains: those that wait first
};

struct FailingHosts {
  std::vector<FailingHost> rows;  ///< those where mail waits first, then by name
  std::size_t count = 0;          ///< with those that are not in `rows`
};

inline constexpr std::size_t kMostFailingHosts = 200;

/// `snapshot` is what is in force. Pure.
[[nodiscard]] FailingHosts failing_hosts(const ProbeStates& states, const Snapshot& snapshot,
                                         Time now);

}  // namespace tlspact

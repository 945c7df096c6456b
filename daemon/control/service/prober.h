// SPDX-License-Identifier: MIT
/// Prober: probes in a thread of its own, so that servers which keep us waiting keep nobody else.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "daemon/config/config.h"
#include "daemon/control/service/worker.h"
#include "daemon/probe/probe_run.h"

namespace tlspact {

/// One round at a time. It only looks: what it saw goes to `Done`, because the store may be changed
/// by others meanwhile.
class Prober {
 public:
  using Done = std::function<void(Result<ProbeReport>)>;

  Prober() = default;
  ~Prober() { end(); }
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;
  Prober(Prober&&) = delete;
  Prober& operator=(Prober&&) = delete;

  /// From one thread. `done` is called in the thread of the probes. False: a round is not
  /// finished(), and nothing was begun.
  [[nodiscard]] bool begin(std::shared_ptr<const Config> config, std::set<std::string> next_hops,
                           ProbeStates states, Done done);
  /// Ends a round that is at work, whose `Done` is not called, and begins no other. Not from
  /// a thread of its own.
  void end() {
    stop_.request_stop();
    worker_.end();
  }
  /// What `done` was given is kept: the next round goes by it. From the thread of begin().
  void finished() { busy_ = false; }

 private:
  std::stop_source stop_;
  std::atomic<bool> busy_ = false;
  Worker worker_;  ///< last: its thread uses the others
};

}  // namespace tlspact

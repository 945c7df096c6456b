// SPDX-License-Identifier: MIT
#include "daemon/control/service/prober.h"

#include <utility>

#include "daemon/control/evidence_run.h"
#include "daemon/control/probe_settings.h"

namespace tlspact {

bool Prober::begin(std::shared_ptr<const Config> config, std::set<std::string> next_hops,
                   ProbeStates states, Done done) {
  if (busy_.exchange(true)) return false;
  worker_.add([this, config = std::move(config), next_hops = std::move(next_hops),
               states = std::move(states), done = std::move(done)] {
    ProbeOptions options = probe_options(*config);
    options.stop = stop_.get_token();
    auto report = run_probes(probe_work(next_hops), options, states);
    if (!options.stop.stop_requested()) done(std::move(report));
  });
  return true;
}

}  // namespace tlspact

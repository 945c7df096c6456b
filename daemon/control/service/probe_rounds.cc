// SPDX-License-Identifier: MIT
#include "daemon/control/service/probe_rounds.h"

#include <tuple>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/control/keep_evidence.h"
#include "daemon/control/probe_settings.h"
#include "daemon/control/refresh.h"
#include "daemon/control/run_lock.h"
#include "daemon/control/service/schedule.h"
#include "lookup/log.h"

namespace tlspact {

void ProbeRounds::begin(const std::shared_ptr<const Config>& config) {
  if (!config->probe.enabled) return;
  if (unkept_) {  // by what is known without it everything would be due again
    take(*config, *std::exchange(unkept_, std::nullopt));
    return;
  }
  Notices unused;
  auto store = Store::open(config->store_path(), Store::Access::read_beside, clock_now(), unused);
  if (!store) return;  // the run has said so
  auto states = read_probe_states(*store);
  if (!states) return;
  std::set<std::string> next_hops = wanted(*store, *states);
  std::ignore = prober_.begin(config, std::move(next_hops), *std::move(states),
                              [this, config](Result<ProbeReport> report) {
                                worker_.add([this, config, report = std::move(report)] {
                                  take(*config, report);
                                  prober_.finished();
                                });
                              });
}

/// What is to be probed: a next-hop that nobody names any more is not.
std::set<std::string> ProbeRounds::wanted(Store& store, const ProbeStates& states) const {
  Notices unused;
  std::set<std::string> out = known_next_hops(store, states, unused);
  if (next_hops_) out.insert(next_hops_->begin(), next_hops_->end());
  return out;
}

void ProbeRounds::take(const Config& config, Result<ProbeReport> report) {
  const Notices before = std::exchange(notices_, {});
  bool saw_something = false;
  if (!report) {
    notices_.push_back({Severity::alert, "probe", report.error().text, 0});
  } else {
    saw_something = !report->evidence.empty() || !report->mx_sets.empty();
    notices_ = report->notices;
    if (auto kept = keep(config, *report); !kept) {
      keep_later(*std::move(report), kept.error().text);
      return;
    }
  }
  if (saw_something || notices_ != before) calls_.run();
}

/// In a minute: a run by hand may hold the lock, or the disk be full.
void ProbeRounds::keep_later(ProbeReport report, const std::string& why) {
  log_line(LogLevel::warning, "what was probed is kept later: " + why);
  unkept_ = std::move(report);
  calls_.run_by(clock_now() + kShortestPause);
}

/// Under the lock of a run: `tlspact probe` by hand changes the same rows. What was forgotten while
/// the probes went on stays so.
Result<void> ProbeRounds::keep(const Config& config, ProbeReport report) {
  auto lock = RunLock::take(config.state_path("lock"));
  if (!lock) return std::unexpected(lock.error());
  Notices notices;
  auto store = Store::open(config.store_path(), Store::Access::write_beside, clock_now(), notices);
  if (!store) return std::unexpected(store.error());
  auto states = read_probe_states(*store);
  if (!states) return std::unexpected(states.error());
  leave_out_forgotten(report, wanted(*store, *states));
  return keep_evidence(*store, report, probe_options(config), *states);
}

}  // namespace tlspact

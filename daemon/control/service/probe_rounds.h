// SPDX-License-Identifier: MIT
/// ProbeRounds: when the service probes, and what becomes of what it saw.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/config/config.h"
#include "daemon/control/service/prober.h"
#include "daemon/control/service/worker.h"
#include "daemon/store/store.h"

namespace tlspact {

/// A round follows each run. What it saw makes another run; one that finds nothing due ends the
/// circle. Of the worker's thread, but for end().
class ProbeRounds {
 public:
  struct Calls {
    std::function<void()> run;         ///< something was seen
    std::function<void(Time)> run_by;  ///< something is to be tried again then
  };

  /// `worker` must stay until end().
  ProbeRounds(Worker& worker, Calls calls) : worker_(worker), calls_(std::move(calls)) {}

  /// Whether agreements and lists have not told yet which next-hops they name.
  [[nodiscard]] bool misses_names() const { return !next_hops_; }
  void learn_names(std::set<std::string> next_hops) { next_hops_ = std::move(next_hops); }

  /// After a run. While a round is at work nothing is begun; nor where what the last one saw is not
  /// kept yet, which is done instead.
  void begin(const std::shared_ptr<const Config>& config);

  /// What there is to say of the last round.
  [[nodiscard]] const Notices& notices() const { return notices_; }

  /// Ends a round that is at work, and begins no other. From the main thread.
  void end() { prober_.end(); }

 private:
  [[nodiscard]] std::set<std::string> wanted(Store& store, const ProbeStates& states) const;
  void take(const Config& config, Result<ProbeReport> report);
  [[nodiscard]] Result<void> keep(const Config& config, ProbeReport report);
  void keep_later(ProbeReport report, const std::string& why);

  Worker& worker_;
  Calls calls_;
  Prober prober_;
  /// Of agreements and lists; nullopt: no run has told them yet.
  std::optional<std::set<std::string>> next_hops_;
  std::optional<ProbeReport> unkept_;  ///< of a round, while the store cannot take it
  Notices notices_;
};

}  // namespace tlspact

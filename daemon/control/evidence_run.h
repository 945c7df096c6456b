// SPDX-License-Identifier: MIT
/// EvidenceRun: what evidence brings into one run of the path of the data: probes that are due,
/// learned policies, policies that the guard holds back, and what is to be said of servers that
/// fail.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/probe/probe_run.h"
#include "daemon/sources/policy_source.h"
#include "policy/decide.h"
#include "policy/enforcement_guard.h"
#include "policy/snapshot.h"

namespace tlspact {

/// What of these next-hops can be probed: no parent patterns.
[[nodiscard]] ProbeWork probe_work(const std::set<std::string>& next_hops);

/// In the order of its functions. A store that fails is an alert, and the run goes on with what it
/// has.
class EvidenceRun {
 public:
  explicit EvidenceRun(const Config& config) : config_(config) {}

  /// Evidence is kept and told even where nothing is probed any more.
  void read(Store& store, Notices& notices);

  /// Probes what is due of these next-hops, and keeps what was seen. Nothing where probes are off
  /// or nobody may be asked.
  void probe(const FetchContext& context, const std::set<std::string>& next_hops, Notices& notices);

  /// The next-hops in `inputs` that may be probed: of agreements, lists and what is published.
  [[nodiscard]] static std::set<std::string> next_hops(const PolicyInputs& inputs);

  /// Adds learned candidates and what the guard holds back. The guard is only for what was not
  /// enforced by the last run.
  void add_to(const FetchContext& context, PolicyInputs& inputs, Notices& notices);

  /// Alarms; MX hosts that fail under what is enforced; and the account of mode testing.
  [[nodiscard]] Notices judge(const PolicyInputs& inputs, const DecisionRules& rules,
                              Time now) const;

  /// As of a PolicySource.
  [[nodiscard]] std::string fingerprint(Time now) const;
  [[nodiscard]] std::optional<Time> next_change(Time now) const;

  [[nodiscard]] const ProbeStates& states() const { return states_; }

 private:
  void read_before();
  [[nodiscard]] bool was_enforced(const std::string& key) const;
  [[nodiscard]] HeldPolicy held_policy(const std::string& key, Source source, Time now) const;
  void add_learned(PolicyInputs& inputs, bool guards, Time now);
  void guard(const std::string& key, Source source, const TlsPolicy& policy, Time now,
             PolicyInputs& inputs);
  void guard_lists(PolicyInputs& inputs, Time now);
  void keep_held(const FetchContext& context, Notices& notices);
  void judge_alarms(NoticeTally& tally) const;
  void judge_domain(const std::string& key, const LearnedDomain& domain, const PolicyInputs& inputs,
                    const DecisionRules& rules, Time now, NoticeTally& tally) const;

  const Config& config_;
  ProbeStates states_;
  std::vector<HeldPolicy> held_before_;  ///< by domain and source
  std::vector<HeldPolicy> held_;
  std::optional<Snapshot> before_;  ///< what the last run published; nullopt: it cannot be read
  bool first_run_ = false;          ///< there never was one
  NoticeTally guard_notices_;
  std::size_t left_ = 0;  ///< probes that are still due
};

}  // namespace tlspact

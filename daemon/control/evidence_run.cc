// SPDX-License-Identifier: MIT
#include "daemon/control/evidence_run.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "daemon/control/keep_evidence.h"
#include "daemon/control/probe_settings.h"
#include "daemon/control/run_record.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

template <class T>
T value_or_alert(Result<T> read, Notices& notices) {
  if (read) return *std::move(read);
  notices.push_back({Severity::alert, "store", read.error().text});
  return {};
}

bool enforces(Level level) {
  return compare_strength(level, Level::dane) >= 0;
}

/// "mx1.acme.example (192.0.2.1: its certificate is not trusted)", of those that fail.
std::string failing_hosts(const std::vector<HostProof>& proofs) {
  std::string out;
  for (const HostProof& each : proofs) {
    if (each.proof == Proof::disproven)
      out += (out.empty() ? "" : ", ") + each.host + " (" + each.text + ")";
  }
  return out;
}

std::string waiting_text(const std::vector<HostProof>& proofs) {
  std::string out;
  for (const HostProof& each : proofs)
    out += (out.empty() ? "" : ", ") + each.host + " (" + each.text + ")";
  return out.empty() ? "its MX hosts were not looked at yet" : out;
}

}  // namespace

void EvidenceRun::read(Store& store, Notices& notices) {
  states_ = value_or_alert(read_probe_states(store), notices);
  held_before_ = value_or_alert(store.held_policies(), notices);
}

ProbeWork probe_work(const std::set<std::string>& next_hops) {
  ProbeWork work;
  for (const std::string& text : next_hops) {
    PolicyKey key = PolicyKey::from_normal_form(text);
    if (!key.pattern.subdomains) work.domains.push_back(std::move(key));
  }
  return work;
}

std::set<std::string> EvidenceRun::next_hops(const PolicyInputs& inputs) {
  std::set<std::string> out;
  for (const auto& [text, key] : inputs.own_keys()) {
    if (!key.pattern.subdomains) out.insert(text);
  }
  for (const PublishedList& list : inputs.lists()) {
    for (const PolicyList::Entry& entry : list.list->entries)
      out.emplace(list.list->domain(entry));
  }
  return out;
}

void EvidenceRun::probe(const FetchContext& context, const std::set<std::string>& next_hops,
                        Notices& notices) {
  if (!config_.probe.enabled || context.offline || !context.probe) return;
  ProbeOptions options = probe_options(config_);
  options.progress = context.progress;
  auto report = run_probes(probe_work(next_hops), options, states_);
  if (!report) {
    notices.push_back({Severity::alert, "probe", report.error().text});
    return;
  }
  std::ranges::move(report->notices, std::back_inserter(notices));
  left_ = report->left;
  if (context.keep_in_store) {
    note_fault(keep_evidence(context.store, *report, options, states_), notices);
  } else {
    std::ignore = learn_from(*report, options, states_);
  }
}

void EvidenceRun::add_to(const FetchContext& context, PolicyInputs& inputs, Notices& notices) {
  const bool guards = config_.probe.enabled;
  if (guards) {
    read_before();
    guard_lists(inputs, context.now);
  }
  if (config_.learn.level == "encrypt") add_learned(inputs, guards, context.now);
  if (!guards) return;
  std::ranges::move(guard_notices_.take(), std::back_inserter(notices));
  if (context.keep_in_store) keep_held(context, notices);
}

/// A snapshot that is lost or damaged must not make what was enforced wait: only where there never
/// was a run is nothing enforced yet.
void EvidenceRun::read_before() {
  if (auto snapshot = read_snapshot(config_.state_path("snapshot"))) {
    before_ = *std::move(snapshot);
  } else {
    first_run_ = !read_run_record(config_.state_path("run.json"));
  }
}

bool EvidenceRun::was_enforced(const std::string& key) const {
  if (!before_) return !first_run_;
  const auto entry = before_->find(key);
  return entry && enforces(entry->policy->level);
}

void EvidenceRun::add_learned(PolicyInputs& inputs, bool guards, Time now) {
  for (const auto& [key, domain] : states_.domains) {
    auto candidate = learned_candidate(domain, states_.endpoints, learn_rules(config_), now);
    if (!candidate) continue;
    if (guards) guard(key, Source::learned, *candidate->policy, now, inputs);
    inputs.add(PolicyKey::from_normal_form(key), *std::move(candidate));
  }
}

void EvidenceRun::guard_lists(PolicyInputs& inputs, Time now) {
  std::set<std::string> seen;  // an earlier list is the one that counts
  for (const PublishedList& published : inputs.lists()) {
    const PolicyList& list = *published.list;
    if (now >= list.expires) continue;
    for (const PolicyList::Entry& entry : list.entries) {
      std::string key{list.domain(entry)};
      if (!seen.insert(key).second) continue;
      if (list.mode(entry) == Mode::enforce || published.early_adopter)
        guard(key, Source::list, list.tls(entry), now, inputs);
    }
  }
}

/// As it waited before, or one that begins to.
HeldPolicy EvidenceRun::held_policy(const std::string& key, Source source, Time now) const {
  const auto same = [&](const HeldPolicy& each) {
    return each.domain == key && each.source == source;
  };
  const auto first = std::ranges::lower_bound(held_before_, key, {}, &HeldPolicy::domain);
  const auto known = std::find_if(first, held_before_.end(), [&](const HeldPolicy& each) {
    return same(each) || each.domain != key;
  });
  if (known != held_before_.end() && same(*known)) return *known;
  return {.domain = key, .source = source, .since = now};
}

void EvidenceRun::guard(const std::string& key, Source source, const TlsPolicy& policy, Time now,
                        PolicyInputs& inputs) {
  if (was_enforced(key)) return;
  const HeldPolicy held = held_policy(key, source, now);
  const auto domain = states_.domains.find(key);
  const auto proofs = domain == states_.domains.end()
                          ? std::vector<HostProof>{}
                          : prove_domain(policy, domain->second, states_.endpoints, now);
  const GuardVerdict verdict = judge_enforcement(proofs, held.since, held.accepted, now);
  held_.push_back(held);
  const PolicyKey next_hop = PolicyKey::from_normal_form(key);
  switch (verdict) {
    case GuardVerdict::enforce:
      return;
    case GuardVerdict::enforce_unproven:
      guard_notices_.add(Severity::alert, key,
                         "is enforced by " + std::string{source_name(source)} +
                             " without evidence that its MX hosts meet it: no probe came to a "
                             "result for 7 days");
      return;
    case GuardVerdict::wait_for_evidence:
      guard_notices_.add(
          Severity::warning, key,
          "waits for a probe before it is enforced by " + std::string{source_name(source)});
      inputs.hold(next_hop, source, "no evidence yet: " + waiting_text(proofs));
      return;
    case GuardVerdict::wait_for_operator: {
      const std::string why = failing_hosts(proofs);
      guard_notices_.add(Severity::alert, key,
                         "is not enforced by " + std::string{source_name(source)} +
                             ", because mail to it would wait: " + why +
                             ". To enforce it all the same: tlspact accept " + key);
      inputs.hold(next_hop, source, "mail would wait: " + why);
      return;
    }
  }
}

void EvidenceRun::keep_held(const FetchContext& context, Notices& notices) {
  std::ranges::sort(held_, {}, [](const HeldPolicy& each) {
    return std::pair{each.domain, source_name(each.source)};
  });
  if (held_ != held_before_) note_fault(context.store.keep_only_held_policies(held_), notices);
}

void EvidenceRun::judge_alarms(NoticeTally& tally) const {
  for (const auto& [key, memory] : states_.endpoints.all()) {
    if (!memory.alarm) continue;
    tally.add(Severity::alert, memory.host + " (" + memory.address + ")",
              "did TLS until " + format_time(memory.did_tls.value_or(*memory.alarm)) +
                  " and does not since " + format_time(*memory.alarm) + " (" +
                  (memory.conclusive ? memory.conclusive->detail : "") +
                  "): an attack looks like this, and nothing is sent there in clear by us. If its "
                  "operator confirms it: tlspact accept " +
                  memory.host);
  }
}

void EvidenceRun::judge_domain(const std::string& key, const LearnedDomain& domain,
                               const PolicyInputs& inputs, const DecisionRules& rules, Time now,
                               NoticeTally& tally) const {
  const Decision decision =
      decide(PolicyKey::from_normal_form(key),
             inputs.candidates_for(PolicyKey::from_normal_form(key)), rules, now);
  const auto told = [&](Severity severity, const TlsPolicy& policy, const std::string& what) {
    const std::string failing = failing_hosts(prove_domain(policy, domain, states_.endpoints, now));
    if (!failing.empty()) tally.add(severity, key, what + failing);
  };
  if (decision.policy != nullptr && enforces(decision.policy->level))
    told(Severity::alert, *decision.policy,
         std::string{level_name(decision.policy->level)} + " by " +
             std::string{source_name(decision.winner()->source)} +
             " is not met, mail to these hosts waits: ");
  for (const Judged& each : decision.judged) {
    if (each.standing == Standing::testing && each.candidate.policy != nullptr)
      told(Severity::note, *each.candidate.policy,
           "mode testing of " + std::string{source_name(each.candidate.source)} +
               ", would not be met by: ");
  }
}

Notices EvidenceRun::judge(const PolicyInputs& inputs, const DecisionRules& rules, Time now) const {
  NoticeTally tally;
  judge_alarms(tally);
  for (const auto& [key, domain] : states_.domains)
    judge_domain(key, domain, inputs, rules, now, tally);
  return tally.take();
}

std::string EvidenceRun::fingerprint(Time now) const {
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  const auto add = [&](const std::string& text) { digest.update(text + "\n"); };
  add(config_.learn.level + (config_.probe.enabled ? " probes" : ""));
  for (const auto& [key, domain] : states_.domains) {
    add(key);
    for (const std::string& host : domain.hosts)
      add(host);
    // Only from day to day, so that every probe does not make the maps anew.
    if (domain.learned) add(format_time(std::chrono::floor<std::chrono::days>(domain.supported)));
  }
  for (const auto& [key, memory] : states_.endpoints.all()) {
    add(memory.host + " " + memory.address + (memory.alarm ? " alarm" : "") +
        (memory.confirmed ? " confirmed" : ""));
    const auto& seen = memory.conclusive;
    if (seen && now - seen->at <= kFreshEvidence)
      add(std::string{evidence_kind_name(seen->kind)} + " " + seen->detail +
          seen->certificate_sha256 + (seen->chain_trusted ? " trusted" : ""));
  }
  for (const HeldPolicy& each : held_before_)
    add(each.domain + (each.accepted ? " accepted" : " held"));
  return "evidence " + Poco::DigestEngine::digestToHex(digest.digest());
}

std::optional<Time> EvidenceRun::next_change(Time now) const {
  std::optional<Time> next;
  const auto consider = [&](Time at) {
    if (at > now && (!next || at < *next)) next = at;
  };
  if (left_ > 0) consider(now + Seconds{1});
  for (const HeldPolicy& each : held_before_)
    consider(each.since + kLongestHold);
  for (const auto& [key, memory] : states_.endpoints.all()) {
    if (memory.conclusive) consider(memory.conclusive->at + kFreshEvidence + Seconds{1});
  }
  for (const auto& [key, domain] : states_.domains) {
    if (domain.learned) consider(domain.supported + config_.learn.decay + Seconds{1});
  }
  return next;
}

}  // namespace tlspact

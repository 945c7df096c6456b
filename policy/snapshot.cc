// SPDX-License-Identifier: MIT
#include "policy/snapshot.h"

#include <algorithm>

namespace tlspact {

bool repeats_parent(const Decision& decision) {
  const Candidate* winner = decision.winner();
  if (winner == nullptr || winner->source != Source::agreement) return false;
  if (winner->covered_by == decision.key) return false;
  return std::ranges::none_of(
             decision.judged,
             [](const Judged& each) { return each.standing == Standing::composed; }) &&
         decision.remarks.empty();
}

std::optional<SnapshotEntry> entry_of(const Decision& decision) {
  const Candidate* winner = decision.winner();
  if (winner == nullptr || decision.policy == nullptr) return std::nullopt;
  return SnapshotEntry{.key = decision.key,
                       .policy = decision.policy,
                       .policy_without_dane = decision.policy_without_dane,
                       .published_without_dane = decision.published_without_dane,
                       .source = winner->source,
                       .exception = winner->exception,
                       .origin = winner->provenance.name,
                       .valid_until = decision.valid_until};
}

TlsPolicy without_authentication(const SnapshotEntry& entry, TlsPolicy policy) {
  const TlsPolicy* published = entry.published_without_dane.get();
  policy.pins.clear();
  policy.level = Level::encrypt;
  if (published == nullptr || published->level != Level::secure) return policy;
  policy.level = Level::secure;
  if (policy.mx.empty()) policy.mx = published->mx;
  policy.min_tls = std::max(policy.min_tls, published->min_tls);
  return policy;
}

Notice notice_of(Remark remark, const Decision& decision) {
  const std::string subject = decision.key.text();
  switch (remark) {
    case Remark::dane_passed_over:
      return {Severity::note, subject,
              "Postfix cannot use DANE on some MX hosts and " +
                  std::string{level_name(decision.policy->level)} +
                  " on the others in one entry: it keeps " +
                  std::string{level_name(decision.policy->level)} + ", Exim does both"};
    case Remark::secure_without_names:
      return {Severity::alert, subject,
              "the agreement asks for secure, but neither it nor anything published names the MX "
              "hosts or certificates; " +
                  std::string{level_name(decision.policy->level)} +
                  " is used instead. Add mx or match to the agreement at " +
                  decision.winner()->provenance.where};
  }
  return {};
}

const SnapshotEntry* Snapshot::find(std::string_view key_text) const {
  const auto found = std::ranges::lower_bound(entries, key_text, {}, &SnapshotEntry::text);
  return found == entries.end() || found->text() != key_text ? nullptr : &*found;
}

Snapshot build_snapshot(const PolicyInputs& inputs, const DecisionRules& rules, Time now) {
  Snapshot snapshot;
  snapshot.decided_at = now;
  for (const PolicyKey& key : inputs.keys()) {
    const Decision decision = decide(key, inputs.candidates_for(key), rules, now);
    for (const Remark remark : decision.remarks) {
      if (remark == Remark::secure_without_names) ++snapshot.without_names;
      snapshot.notices.push_back(notice_of(remark, decision));
    }
    if (repeats_parent(decision)) continue;
    if (auto entry = entry_of(decision)) snapshot.entries.push_back(*std::move(entry));
  }
  std::ranges::copy_if(inputs.agreements(), std::back_inserter(snapshot.inbound),
                       [now](const auto& each) { return each->inbound && each->holds_at(now); });
  return snapshot;
}

}  // namespace tlspact

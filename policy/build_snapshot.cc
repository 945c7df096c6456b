// SPDX-License-Identifier: MIT
#include "policy/build_snapshot.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace tlspact {

bool repeats_parent(const Decision& decision) {
  const Candidate* winner = decision.winner();
  if (winner == nullptr || winner->source != Source::agreement) return false;
  if (winner->covered_by == decision.key) return false;
  return std::ranges::none_of(
             decision.judged,
             [](const Judged& each) { return each.standing == Standing::composed; }) &&
         decision.remarks.empty() && !decision.tlsa_at_alias;
}

std::optional<SnapshotEntry> entry_of(const Decision& decision) {
  const Candidate* winner = decision.winner();
  if (winner == nullptr || decision.policy == nullptr) return std::nullopt;
  return SnapshotEntry{.key = decision.key,
                       .policy = decision.policy,
                       .policy_without_dane = decision.policy_without_dane,
                       .published_without_dane = decision.published_without_dane,
                       .policy_lines = decision.policy_lines,
                       .source = winner->source,
                       .exception = winner->exception,
                       .tlsa_at_alias = decision.tlsa_at_alias,
                       .origin = winner->provenance.name,
                       .valid_until = decision.valid_until};
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

namespace {

/// What a domain gets that only one list names, and no agreement covers: the same for every domain
/// of one mode, so it is decided once and not a million times.
enum class Alone : std::uint8_t {
  nothing,     ///< no entry
  own_policy,  ///< the list's policy as it stands there
  weigh,       ///< neither: each domain is decided by itself
};

Alone decide_alone(const PublishedList& list, Mode mode, unsigned order, const DecisionRules& rules,
                   Time now) {
  Candidate candidate = list_candidate(list, mode, order, TlsPolicy{.level = Level::secure});
  const std::shared_ptr<const TlsPolicy> policy = candidate.policy;
  const PolicyKey any = PolicyKey::from_normal_form("any.example");
  const Decision decision = decide(any, {std::move(candidate)}, rules, now);
  const auto entry = entry_of(decision);
  if (!entry) return decision.remarks.empty() ? Alone::nothing : Alone::weigh;
  const bool as_it_stands = entry->policy == policy && entry->policy_without_dane == policy &&
                            entry->published_without_dane == nullptr && !entry->exception &&
                            entry->valid_until == list.list->expires && decision.remarks.empty();
  return as_it_stands ? Alone::own_policy : Alone::weigh;
}

/// One list while the keys of all are merged.
struct ListCursor {
  const PublishedList& published;
  std::array<Alone, 3> alone{};        ///< by Mode
  std::size_t next = 0;                ///< of the list's entries
  std::vector<std::uint32_t> rulings;  ///< by policy of the list; kNone: not made yet

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  [[nodiscard]] const PolicyList& list() const { return *published.list; }
  [[nodiscard]] bool at_end() const { return next == list().entries.size(); }
  [[nodiscard]] const PolicyList::Entry& entry() const { return list().entries[next]; }
  [[nodiscard]] std::string_view name() const { return list().domain(entry()); }
};

/// Merges the keys of the agreements, of what domains publish, and of every list, in ascending
/// order.
class SnapshotMerge {
 public:
  SnapshotMerge(const PolicyInputs& inputs, const DecisionRules& rules, Time now)
      : inputs_(inputs), rules_(rules), now_(now), builder_(now), own_(inputs.own_keys()) {
    unsigned order = 0;
    for (const PublishedList& published : inputs.lists()) {
      ListCursor& cursor = lists_.emplace_back(ListCursor{.published = published, .rulings = {}});
      for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce})
        cursor.alone[static_cast<std::size_t>(mode)] =
            decide_alone(published, mode, order, rules, now);
      cursor.rulings.assign(cursor.list().modes.size(), ListCursor::kNone);
      ++order;
    }
  }

  Snapshot run() {
    while (const auto key = least_key())
      take(*key);
    Snapshot snapshot = builder_.take();
    snapshot.notices = remarks_.take();
    snapshot.without_names = without_names_;
    std::ranges::copy_if(
        inputs_.agreements(), std::back_inserter(snapshot.inbound),
        [this](const auto& each) { return each->inbound && each->holds_at(now_); });
    return snapshot;
  }

 private:
  [[nodiscard]] std::optional<std::string_view> least_key() const {
    std::optional<std::string_view> least;
    if (next_own_ < own_.size()) least = own_[next_own_].first;
    for (const ListCursor& each : lists_) {
      if (!each.at_end() && (!least || each.name() < *least)) least = each.name();
    }
    return least;
  }

  /// Adds what holds for `key` and moves every cursor that stands at it.
  void take(std::string_view key) {
    const bool own = next_own_ < own_.size() && own_[next_own_].first == key;
    ListCursor* only = nullptr;
    std::size_t naming = 0;
    for (ListCursor& each : lists_) {
      if (each.at_end() || each.name() != key) continue;
      only = &each;
      ++naming;
    }
    const bool alone = !own && naming == 1 && !inputs_.has_agreement_above(key);
    if (!alone || !add_alone(key, *only))
      weigh(own ? own_[next_own_].second : PolicyKey::from_normal_form(key));
    if (own) ++next_own_;
    for (ListCursor& each : lists_) {
      if (!each.at_end() && each.name() == key) ++each.next;
    }
  }

  /// False: the domain has to be decided by itself.
  bool add_alone(std::string_view key, ListCursor& cursor) {
    const std::uint32_t policy = cursor.entry().policy;
    const Alone alone = cursor.alone[static_cast<std::size_t>(cursor.list().modes[policy])];
    if (alone != Alone::own_policy) return alone == Alone::nothing;
    std::uint32_t& ruling = cursor.rulings[policy];
    if (ruling == ListCursor::kNone)
      ruling = builder_.add_ruling(cursor.published, cursor.list().codes[policy]);
    builder_.add(key, ruling);
    return true;
  }

  void weigh(const PolicyKey& key) {
    const Decision decision = decide(key, inputs_.candidates_for(key), rules_, now_);
    for (const Remark remark : decision.remarks) {
      if (remark == Remark::secure_without_names) ++without_names_;
      remarks_.add(notice_of(remark, decision));
    }
    if (repeats_parent(decision)) return;
    if (const auto entry = entry_of(decision)) builder_.add(*entry);
  }

  const PolicyInputs& inputs_;
  const DecisionRules& rules_;
  Time now_;
  SnapshotBuilder builder_;
  std::vector<std::pair<std::string, PolicyKey>> own_;  ///< ascending
  std::size_t next_own_ = 0;
  std::vector<ListCursor> lists_;
  NoticeTally remarks_;
  std::size_t without_names_ = 0;
};

}  // namespace

Snapshot build_snapshot(const PolicyInputs& inputs, const DecisionRules& rules, Time now) {
  return SnapshotMerge{inputs, rules, now}.run();
}

}  // namespace tlspact

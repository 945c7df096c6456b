// SPDX-License-Identifier: MIT
#include "policy/decide.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tlspact {
namespace {

/// Larger is more specific: an exact name, then longer suffixes.
auto specificity(const Candidate& candidate) {
  const PolicyKey& key = *candidate.covered_by;
  return std::pair{!key.pattern.subdomains, key.domain().text().size()};
}

/// An agreement holds whole by its most specific pattern; the rest is ordered by rank.
bool ranks_before(const Judged& a, const Judged& b) {
  const auto rank = [](const Candidate& c) { return std::pair{c.source, c.order}; };
  if (rank(a.candidate) != rank(b.candidate)) return rank(a.candidate) < rank(b.candidate);
  if (a.candidate.source != Source::agreement) return false;
  return specificity(a.candidate) > specificity(b.candidate);
}

/// RFC 8461 section 3.2 (max_age) and the list's and the agreement's own dates: valid_until is the
/// first moment at which the candidate no longer holds.
std::optional<Standing> outside_validity(const Candidate& candidate, Time now) {
  if (candidate.valid_until && now >= *candidate.valid_until) return Standing::expired;
  if (candidate.valid_from && now < *candidate.valid_from) return Standing::not_yet_valid;
  return std::nullopt;
}

/// An unknown state is the last good one while that is fresh; then a domain that ever had TLSA
/// counts as `some`, so that an attacker who blocks DNS does not switch DANE off.
DaneState effective_state(const DaneFacts& facts, const DecisionRules& rules, Time now) {
  if (facts.state != DaneState::unknown) return facts.state;
  if (facts.last_good && now - facts.last_good_at <= rules.max_stale) return *facts.last_good;
  return facts.tlsa_ever_seen ? DaneState::some : DaneState::none;
}

std::shared_ptr<const TlsPolicy> of_level(Level level) {
  TlsPolicy policy;
  policy.level = level;
  return std::make_shared<const TlsPolicy>(std::move(policy));
}

/// The weighing of one next-hop. `undecided` candidates hold at `now` and have no standing yet.
class Weighing {
 public:
  Weighing(Decision& decision, const DecisionRules& rules, Time now)
      : decision_(decision), rules_(rules) {
    for (Judged& each : decision.judged) {
      if (const auto outside = outside_validity(each.candidate, now)) {
        each.standing = *outside;
      } else {
        undecided_.push_back(&each);
      }
    }
    if (const Judged* dane = first(Source::dane))
      decision.dane = effective_state(dane->candidate.dane, rules_, now);
  }

  void run() {
    Judged* agreement = first(Source::agreement);
    mark_rest(Source::agreement, agreement, Standing::less_specific);
    if (agreement != nullptr && agreement->candidate.exception) {
      for (Judged* each : undecided_) {
        if (each->candidate.source != Source::agreement) each->standing = Standing::excepted;
      }
      TlsPolicy policy = *agreement->candidate.policy;
      require_names(policy, Level::none);
      win(*agreement, std::make_shared<const TlsPolicy>(std::move(policy)));
      note_alias();
      return;
    }
    Judged* published = weigh_published();
    if (agreement != nullptr) compose(*agreement, published);
    note_alias();
  }

 private:
  [[nodiscard]] Judged* first(Source source) const {
    const auto found = std::ranges::find(undecided_, source,
                                         [](const Judged* each) { return each->candidate.source; });
    return found == undecided_.end() ? nullptr : *found;
  }

  void mark_rest(Source source, const Judged* but, Standing standing) {
    for (Judged* each : undecided_) {
      if (each->candidate.source == source && each != but) each->standing = standing;
    }
  }

  void win(Judged& winner, std::shared_ptr<const TlsPolicy> policy) {
    winner.standing = Standing::wins;
    decision_.policy = std::move(policy);
    decision_.valid_until = winner.candidate.valid_until;
  }

  /// The same for what names the MX set, which may be an MTA-STS policy.
  void enforce(Judged& winner, std::shared_ptr<const TlsPolicy> policy) {
    win(winner, std::move(policy));
    decision_.policy_lines = winner.candidate.policy_lines;
  }

  /// MTA-STS, else the first list, else learned evidence: whichever mode it has, it is the word on
  /// the domain, and those behind it lose. nullptr: there is none.
  Judged* weigh_policies() {
    Judged* sts = first(Source::mta_sts);
    Judged* list = first(Source::list);
    Judged* learned = first(Source::learned);
    mark_rest(Source::list, sts == nullptr ? list : nullptr,
              sts != nullptr ? Standing::below_mta_sts : Standing::below_list);
    Judged* word = sts != nullptr ? sts : list;
    mark_rest(Source::learned, word == nullptr ? learned : nullptr, Standing::below_published);
    if (word == nullptr) return unless_held(learned);
    if (word->candidate.mode == Mode::testing) word->standing = Standing::testing;
    if (word->candidate.mode == Mode::none) word->standing = Standing::mode_none;
    if (word->candidate.mode != Mode::enforce) return nullptr;
    // What was learned is not given up for a policy that waits.
    return unless_held(word) != nullptr ? word : unless_held(learned);
  }

  static Judged* unless_held(Judged* each) {
    if (each == nullptr || each->candidate.held.empty()) return each;
    each->standing = Standing::waiting;
    return nullptr;
  }

  /// The table of docs/decision.md. Sets the decision's policy; the winner, or nullptr.
  Judged* weigh_published() {
    Judged* dane = first(Source::dane);
    Judged* enforced = weigh_policies();
    const bool learned = enforced != nullptr && enforced->candidate.source == Source::learned;
    if (dane == nullptr || decision_.dane == DaneState::none) {
      if (dane != nullptr) dane->standing = Standing::no_tlsa;
      if (enforced != nullptr) enforce(*enforced, enforced->candidate.policy);
      return enforced;
    }
    if (decision_.dane == DaneState::full || enforced == nullptr || learned) {
      if (enforced != nullptr)
        enforced->standing = learned ? Standing::below_published : Standing::below_dane;
      win(*dane, of_level(decision_.dane == DaneState::full ? Level::dane_only : Level::dane));
      return dane;
    }
    // An unsigned MX answer never cancels MTA-STS (RFC 8461 section 2): `secure` holds, and DANE
    // on the hosts that have it where the MTA can do both.
    TlsPolicy both = *enforced->candidate.policy;
    both.dane_where_present = true;
    dane->standing = Standing::composed;
    decision_.remarks.push_back(Remark::dane_passed_over);
    enforce(*enforced, std::make_shared<const TlsPolicy>(std::move(both)));
    return enforced;
  }

  /// Rule 3. `published` has won below the agreement, with decision_.policy; or is nullptr.
  void compose(Judged& agreement, Judged* published) {
    const std::shared_ptr<const TlsPolicy> below = std::exchange(decision_.policy, nullptr);
    decision_.published_without_dane = below;
    TlsPolicy policy = *agreement.candidate.policy;
    if (!policy.mx.empty()) decision_.policy_lines = nullptr;  // they tell of another MX set
    const bool adds = below != nullptr && add_published(policy, *below);
    if (published != nullptr) {
      published->standing = adds ? Standing::composed : Standing::weaker;
      Judged* dane = first(Source::dane);
      if (dane != nullptr && dane->standing == Standing::composed && !policy.dane_where_present)
        dane->standing = Standing::weaker;
    }
    if (!policy.dane_where_present) std::erase(decision_.remarks, Remark::dane_passed_over);
    require_names(policy, below == nullptr ? Level::none : below->level);
    // What is published may run out before the agreement; then the next run composes anew, and
    // until then the agreement itself must not lapse.
    win(agreement, std::make_shared<const TlsPolicy>(std::move(policy)));
  }

  /// Strengthens the agreement's policy by the published one; whether that changed it.
  bool add_published(TlsPolicy& policy, const TlsPolicy& below) {
    const TlsPolicy before = policy;
    const bool below_is_dane = below.level == Level::dane || below.level == Level::dane_only;
    if (compare_strength(below.level, policy.level) > 0) policy.level = below.level;
    if (policy.mx.empty() && compare_strength(policy.level, Level::encrypt) >= 0)
      policy.mx = below.mx;
    if (policy.level == Level::secure || policy.level == Level::encrypt) {
      policy.dane_where_present = below.dane_where_present || below_is_dane;
      if (policy.dane_where_present &&
          std::ranges::find(decision_.remarks, Remark::dane_passed_over) == decision_.remarks.end())
        decision_.remarks.push_back(Remark::dane_passed_over);
    }
    policy.min_tls = std::max(policy.min_tls, below.min_tls);  // nullopt is the least
    return !(policy == before);
  }

  /// `secure` without MX patterns and without certificate names would check a name that unsigned
  /// DNS gave. A bracketed next-hop is named by the operator himself. What is published stays.
  void require_names(TlsPolicy& policy, Level published) {
    if (policy.level != Level::secure || !policy.mx.empty() || !policy.certificate_names.empty() ||
        decision_.key.bracketed)
      return;
    policy.level = published == Level::dane_only ? Level::dane_only : Level::encrypt;
    if (policy.level == Level::dane_only) policy.dane_where_present = false;
    decision_.remarks.push_back(Remark::secure_without_names);
  }

  /// Whatever the level comes from: an agreement may ask for dane-only too.
  void note_alias() {
    const Judged* dane = first(Source::dane);
    decision_.tlsa_at_alias = dane != nullptr && dane->candidate.dane.tlsa_at_alias &&
                              decision_.policy != nullptr &&
                              decision_.policy->level == Level::dane_only;
  }

  Decision& decision_;
  const DecisionRules& rules_;
  std::vector<Judged*> undecided_;
};

Decision decide_once(const PolicyKey& key, std::vector<Candidate> candidates,
                     const DecisionRules& rules, Time now) {
  Decision decision{key};
  decision.judged.reserve(candidates.size());
  for (Candidate& each : candidates)
    decision.judged.push_back({std::move(each)});
  std::ranges::stable_sort(decision.judged, ranks_before);
  Weighing(decision, rules, now).run();
  return decision;
}

}  // namespace

Decision decide(const PolicyKey& key, std::vector<Candidate> candidates, const DecisionRules& rules,
                Time now) {
  const auto is_dane = [](const Candidate& each) { return each.source == Source::dane; };
  if (std::ranges::none_of(candidates, is_dane)) {
    Decision decision = decide_once(key, std::move(candidates), rules, now);
    decision.policy_without_dane = decision.policy;
    return decision;
  }
  std::vector<Candidate> others = candidates;
  std::erase_if(others, is_dane);
  Decision decision = decide_once(key, std::move(candidates), rules, now);
  Decision without_dane = decide_once(key, std::move(others), rules, now);
  decision.policy_without_dane = std::move(without_dane.policy);
  decision.published_without_dane = std::move(without_dane.published_without_dane);
  // DANE may take the place of an MX set, but never brings one: the lines are those of both.
  decision.policy_lines = std::move(without_dane.policy_lines);
  return decision;
}

}  // namespace tlspact

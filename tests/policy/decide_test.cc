// SPDX-License-Identifier: MIT
/// The table and the rules of docs/decision.md, row by row.
#include "policy/decide.h"
#include "policy/build_snapshot.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

const std::vector<std::string> kMx{"mx1.acme.example"};

Decision decide_for(std::vector<Candidate> candidates,
                    const std::string& key_text = "acme.example") {
  return decide(key(key_text), std::move(candidates), DecisionRules{}, now());
}

Standing standing_of(const Decision& decision, Source source) {
  for (const Judged& judged : decision.judged) {
    if (judged.candidate.source == source) return judged.standing;
  }
  FAIL("no candidate of that source");
  return Standing::weaker;
}

std::string level_of(const Decision& decision) {
  if (decision.policy == nullptr) return "no entry";
  std::string out{level_name(decision.policy->level)};
  if (decision.policy->dane_where_present) out += " with dane";
  return out;
}

Candidate dane_unknown(std::optional<DaneState> last_good, Seconds age, bool tlsa_ever_seen) {
  Candidate out = dane(DaneState::unknown);
  out.dane.last_good = last_good;
  out.dane.last_good_at = now() - age;
  out.dane.tlsa_ever_seen = tlsa_ever_seen;
  return out;
}

constexpr Seconds kFresh = std::chrono::hours{1};
constexpr Seconds kStale = std::chrono::hours{73};

}  // namespace

TEST_CASE("what a domain publishes: every cell of the table") {
  struct Row {
    Candidate dane_candidate;
    const char* with_enforce;
    const char* without;
    const char* why;
  };
  const Row rows[] = {
      {dane(DaneState::full), "dane-only", "dane-only", "full"},
      {dane(DaneState::some), "secure with dane", "dane", "some"},
      {dane(DaneState::none), "secure", "no entry", "none"},
      {dane_unknown(DaneState::full, kFresh, true), "dane-only", "dane-only", "last good: full"},
      {dane_unknown(DaneState::some, kFresh, true), "secure with dane", "dane", "last good: some"},
      {dane_unknown(DaneState::none, kFresh, false), "secure", "no entry", "last good: none"},
      {dane_unknown(DaneState::full, kStale, true), "secure with dane", "dane", "stale, ever seen"},
      {dane_unknown(DaneState::none, kStale, false), "secure", "no entry", "stale, never seen"},
      {dane_unknown({}, kFresh, true), "secure with dane", "dane", "no last state, ever seen"},
      {dane_unknown({}, kFresh, false), "secure", "no entry", "no last state, never seen"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(level_of(
              decide_for({row.dane_candidate, sts(Mode::enforce, policy(Level::secure, kMx))})) ==
          row.with_enforce);
    CHECK(level_of(
              decide_for({row.dane_candidate, list(Mode::enforce, policy(Level::secure, kMx))})) ==
          row.with_enforce);
    CHECK(level_of(decide_for({row.dane_candidate})) == row.without);
    CHECK(level_of(decide_for({row.dane_candidate,
                               sts(Mode::testing, policy(Level::secure, kMx))})) == row.without);
    CHECK(level_of(decide_for({row.dane_candidate, sts(Mode::none, policy(Level::may))})) ==
          row.without);
  }
}

TEST_CASE("the last good DANE state holds for max_stale and not a second longer") {
  const Seconds limit = DecisionRules{}.max_stale;
  CHECK(decide_for({dane_unknown(DaneState::full, limit, true)}).dane == DaneState::full);
  CHECK(decide_for({dane_unknown(DaneState::full, limit + Seconds{1}, true)}).dane ==
        DaneState::some);
}

TEST_CASE("an unsigned MX answer never cancels MTA-STS (RFC 8461 section 2)") {
  const Decision decision =
      decide_for({dane(DaneState::some), sts(Mode::enforce, policy(Level::secure, kMx))});
  CHECK(decision.policy->mx == mxs(kMx));
  CHECK(standing_of(decision, Source::mta_sts) == Standing::wins);
  CHECK(standing_of(decision, Source::dane) == Standing::composed);
  CHECK(decision.remarks == std::vector{Remark::dane_passed_over});
  REQUIRE(decision.policy_without_dane);
  CHECK(decision.policy_without_dane->level == Level::secure);
  CHECK_FALSE(decision.policy_without_dane->dane_where_present);
}

TEST_CASE("without candidates there is no entry") {
  const Decision decision = decide_for({});
  CHECK(decision.policy == nullptr);
  CHECK(decision.winner() == nullptr);
}

TEST_CASE("MTA-STS wins over a list in any mode, because a list preloads MTA-STS") {
  const Candidate listed = list(Mode::enforce, policy(Level::secure, {"list.acme.example"}));
  for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
    const Decision decision = decide_for({listed, sts(mode, policy(Level::secure, kMx))});
    CHECK(standing_of(decision, Source::list) == Standing::below_mta_sts);
    CHECK((decision.policy != nullptr) == (mode == Mode::enforce));
  }
}

TEST_CASE("among lists the first in the configuration wins, whole") {
  const Candidate first = list(Mode::enforce, policy(Level::secure, {"first.example.org"}), 0);
  const Candidate second = list(Mode::enforce, policy(Level::secure, {"second.example.org"}), 1);
  for (const auto& order : {std::vector{first, second}, std::vector{second, first}}) {
    const Decision decision = decide_for(order);
    CHECK(decision.policy->mx == mxs({"first.example.org"}));
    CHECK(decision.judged[1].standing == Standing::below_list);
  }
}

TEST_CASE("a first list that is only testing still speaks for its domain") {
  const Decision decision = decide_for({list(Mode::testing, policy(Level::secure, kMx), 0),
                                        list(Mode::enforce, policy(Level::secure, kMx), 1)});
  CHECK(decision.policy == nullptr);
  CHECK(decision.judged[0].standing == Standing::testing);
}

TEST_CASE("an expired candidate loses and the next takes its place") {
  Candidate expired = list(Mode::enforce, policy(Level::secure, {"first.example.org"}), 0);
  expired.valid_until = now();
  const Candidate next = list(Mode::enforce, policy(Level::secure, {"second.example.org"}), 1);
  const Decision decision = decide_for({expired, next});
  CHECK(decision.judged[0].standing == Standing::expired);
  CHECK(decision.policy->mx == mxs({"second.example.org"}));

  expired.valid_until = now() + Seconds{1};
  CHECK(decide_for({expired, next}).policy->mx == mxs({"first.example.org"}));
}

TEST_CASE("an expired MTA-STS policy gives way to the list") {
  Candidate cached = sts(Mode::enforce, policy(Level::secure, {"sts.acme.example"}));
  cached.valid_until = now() - Seconds{1};
  const Decision decision = decide_for({cached, list(Mode::enforce, policy(Level::secure, kMx))});
  CHECK(standing_of(decision, Source::mta_sts) == Standing::expired);
  CHECK(decision.policy->mx == mxs(kMx));
}

TEST_CASE("learned evidence holds only where nothing is published") {
  const Candidate learned = candidate(Source::learned, policy(Level::encrypt));
  CHECK(level_of(decide_for({learned})) == "encrypt");
  CHECK(level_of(decide_for({learned, dane(DaneState::none)})) == "encrypt");
  CHECK(level_of(decide_for({learned, dane(DaneState::some)})) == "dane");
  CHECK(level_of(decide_for({learned, sts(Mode::testing, policy(Level::secure, kMx))})) ==
        "no entry");
  const Decision decision = decide_for({learned, list(Mode::enforce, policy(Level::secure, kMx))});
  CHECK(level_of(decision) == "secure");
  CHECK(standing_of(decision, Source::learned) == Standing::below_published);
}

TEST_CASE(
    "a policy that the guard holds back enforces nothing, and gives up nothing that was learned") {
  Candidate waiting = list(Mode::enforce, policy(Level::secure, {"mx.acme.example"}));
  waiting.held = "no evidence yet";
  const Decision alone = decide(key("acme.example"), {waiting}, {}, now());
  CHECK(alone.policy == nullptr);
  CHECK(alone.judged.front().standing == Standing::waiting);
  const Candidate learned = candidate(Source::learned, policy(Level::encrypt));
  const Decision both = decide(key("acme.example"), {waiting, learned}, {}, now());
  REQUIRE(both.policy != nullptr);
  CHECK(both.policy->level == Level::encrypt);
  CHECK(both.winner()->source == Source::learned);
  Candidate waiting_too = learned;
  waiting_too.held = "no evidence yet";
  CHECK(decide(key("acme.example"), {waiting, waiting_too}, {}, now()).policy == nullptr);
}

TEST_CASE("an agreement is composed with what is published: the stronger level wins") {
  struct Row {
    Level agreed;
    std::vector<std::string> agreed_mx;
    std::vector<Candidate> published;
    const char* outcome;
    const char* why;
  };
  const Candidate enforced = sts(Mode::enforce, policy(Level::secure, {"sts.acme.example"}));
  const Row rows[] = {
      {Level::encrypt, {}, {}, "encrypt", "nothing published"},
      {Level::encrypt, {}, {enforced}, "secure", "published is stronger"},
      {Level::encrypt, {}, {dane(DaneState::some)}, "encrypt with dane", "encrypt is above dane"},
      {Level::encrypt, {}, {dane(DaneState::full)}, "dane-only", "dane-only authenticates"},
      {Level::encrypt, {}, {dane(DaneState::some), enforced}, "secure with dane", "both published"},
      {Level::encrypt,
       {},
       {sts(Mode::testing, policy(Level::secure, kMx))},
       "encrypt",
       "testing adds nothing and takes nothing"},
      {Level::secure,
       kMx,
       {dane(DaneState::full)},
       "secure with dane",
       "the agreement's own stays"},
      {Level::secure, kMx, {dane(DaneState::some)}, "secure with dane", "DANE where present"},
      {Level::secure, kMx, {enforced}, "secure", "equal"},
      {Level::dane_only, {}, {enforced}, "dane-only", "the agreement's own stays"},
      {Level::dane_only, {}, {}, "dane-only", "agreed, whatever DNS says"},
      {Level::fingerprint,
       {},
       {enforced, dane(DaneState::full)},
       "fingerprint",
       "the agreement's own stays"},
      {Level::secure, kMx, {sts(Mode::none, policy(Level::may))}, "secure", "none weakens nothing"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    std::vector<Candidate> candidates = row.published;
    candidates.push_back(agreement("acme.example", policy(row.agreed, row.agreed_mx)));
    const Decision decision = decide_for(candidates);
    CHECK(level_of(decision) == row.outcome);
    CHECK(standing_of(decision, Source::agreement) == Standing::wins);
  }
}

TEST_CASE("an agreement's mx replaces the published set, without one the published set stays") {
  const Candidate published = list(Mode::enforce, policy(Level::secure, {"list.acme.example"}));
  const Decision replaced =
      decide_for({published, agreement("acme.example", policy(Level::secure, kMx))});
  CHECK(replaced.policy->mx == mxs(kMx));
  CHECK(standing_of(replaced, Source::list) == Standing::weaker);
  const Decision kept = decide_for({published, agreement("acme.example", policy(Level::secure))});
  CHECK(kept.policy->mx == mxs({"list.acme.example"}));
  CHECK(standing_of(kept, Source::list) == Standing::composed);
}

TEST_CASE("an agreement's minimum TLS version never lowers the published one") {
  TlsPolicy published = policy(Level::secure, kMx);
  published.min_tls = TlsVersion::tls1_2;
  TlsPolicy agreed = policy(Level::secure, kMx);
  agreed.min_tls = TlsVersion::tls1_0;
  CHECK(decide_for({list(Mode::enforce, published), agreement("acme.example", agreed)})
            .policy->min_tls == TlsVersion::tls1_2);
  agreed.min_tls = TlsVersion::tls1_3;
  CHECK(decide_for({list(Mode::enforce, published), agreement("acme.example", agreed)})
            .policy->min_tls == TlsVersion::tls1_3);
}

TEST_CASE("secure without any name is not authenticated by unsigned DNS") {
  const Decision alone = decide_for({agreement("acme.example", policy(Level::secure))});
  CHECK(level_of(alone) == "encrypt");
  CHECK(alone.remarks == std::vector{Remark::secure_without_names});

  const Decision full =
      decide_for({agreement("acme.example", policy(Level::secure)), dane(DaneState::full)});
  CHECK(level_of(full) == "dane-only");

  const Decision host = decide_for({agreement("[relay.acme.example]:587", policy(Level::secure))},
                                   "[relay.acme.example]:587");
  CHECK(level_of(host) == "secure");
  CHECK(host.remarks.empty());

  TlsPolicy named = policy(Level::secure);
  named.certificate_names = mxs({"acme.example"});
  CHECK(level_of(decide_for({agreement("acme.example", named)})) == "secure");
}

TEST_CASE("the names of an expired list do not carry an agreement any further") {
  Candidate expired = list(Mode::enforce, policy(Level::secure, {"list.acme.example"}));
  expired.valid_until = now();
  const Decision decision = decide_for({expired, agreement("acme.example", policy(Level::secure))});
  CHECK(level_of(decision) == "encrypt");
  CHECK(decision.remarks == std::vector{Remark::secure_without_names});
}

TEST_CASE("an exception is final even if weaker") {
  Candidate exception = agreement("acme.example", policy(Level::may));
  exception.exception = true;
  exception.valid_until = now() + Seconds{1};
  const Candidate enforced = sts(Mode::enforce, policy(Level::secure, kMx));
  const Decision decision = decide_for({exception, enforced, dane(DaneState::full)});
  CHECK(level_of(decision) == "may");
  CHECK(standing_of(decision, Source::mta_sts) == Standing::excepted);
  CHECK(standing_of(decision, Source::dane) == Standing::excepted);

  exception.valid_until = now();
  CHECK(level_of(decide_for({exception, enforced})) == "secure");
}

TEST_CASE("the most specific agreement wins whole") {
  const std::vector<Candidate> candidates{agreement(".acme.example", policy(Level::secure, kMx)),
                                          agreement(".b.acme.example", policy(Level::dane_only)),
                                          agreement("x.b.acme.example", policy(Level::encrypt))};
  const Decision exact = decide_for(candidates, "x.b.acme.example");
  CHECK(level_of(exact) == "encrypt");
  CHECK(std::ranges::count(exact.judged, Standing::less_specific, &Judged::standing) == 2);
  CHECK(level_of(decide_for({candidates[0], candidates[1]}, "y.b.acme.example")) == "dane-only");
}

TEST_CASE("an agreement that has expired or not begun leaves the field to a less specific one") {
  Candidate expired = agreement("x.acme.example", policy(Level::encrypt));
  expired.valid_until = now();
  Candidate later = agreement("x.acme.example", policy(Level::encrypt));
  later.valid_from = now() + Seconds{1};
  for (const Candidate& outside : {expired, later}) {
    const Decision decision = decide_for(
        {outside, agreement(".acme.example", policy(Level::dane_only))}, "x.acme.example");
    CHECK(level_of(decision) == "dane-only");
  }
}

TEST_CASE("an agreement outlasts the published part that was composed into it") {
  Candidate published = list(Mode::enforce, policy(Level::secure, kMx));
  published.valid_until = now() + Seconds{60};
  Candidate agreed = agreement("acme.example", policy(Level::encrypt));
  agreed.valid_until = now() + Seconds{3600};
  CHECK(decide_for({published, agreed}).valid_until == agreed.valid_until);
  CHECK(decide_for({published}).valid_until == published.valid_until);
}

TEST_CASE("where the MTA does no DANE, what holds is decided without it") {
  const Candidate enforced = list(Mode::enforce, policy(Level::secure, kMx));
  const Decision with_list = decide_for({dane(DaneState::full), enforced});
  CHECK(with_list.policy->level == Level::dane_only);
  CHECK(with_list.policy_without_dane->level == Level::secure);
  CHECK(decide_for({dane(DaneState::full)}).policy_without_dane == nullptr);
  const Decision agreed = decide_for({agreement("acme.example", policy(Level::encrypt))});
  CHECK(agreed.policy_without_dane == agreed.policy);
}

TEST_CASE("TLSA at the name of an alias is told where the level is dane-only, wherever from") {
  const auto at_alias = [](DaneState state) {
    Candidate out = dane(state);
    out.dane.tlsa_at_alias = true;
    return out;
  };
  Candidate excepted = agreement("acme.example", policy(Level::dane_only));
  excepted.exception = true;
  struct Row {
    std::vector<Candidate> candidates;
    const char* level;
    bool told;
    const char* why;
  };
  const Row rows[] = {
      {{dane(DaneState::full)}, "dane-only", false, "at the end of the chain"},
      {{at_alias(DaneState::full)}, "dane-only", true, "at the alias"},
      {{at_alias(DaneState::full), sts(Mode::enforce, policy(Level::secure, kMx))},
       "dane-only",
       true,
       "beside MTA-STS"},
      {{at_alias(DaneState::full), agreement("acme.example", policy(Level::encrypt, kMx))},
       "dane-only",
       true,
       "into an agreement"},
      {{at_alias(DaneState::some), agreement("acme.example", policy(Level::dane_only))},
       "dane-only",
       true,
       "an agreement's own level"},
      {{at_alias(DaneState::some), excepted}, "dane-only", true, "an exception's"},
      {{at_alias(DaneState::some)}, "dane", false, "dane delivers without TLSA, too"},
      {{at_alias(DaneState::full), agreement("acme.example", policy(Level::secure, kMx))},
       "secure with dane",
       false,
       "so does what authenticates otherwise"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const Decision decision = decide_for(row.candidates);
    CHECK(level_of(decision) == row.level);
    CHECK(decision.tlsa_at_alias == row.told);
    REQUIRE(entry_of(decision));
    CHECK(entry_of(decision)->tlsa_at_alias == row.told);
  }
}

TEST_CASE("the same candidates in any order give the same decision") {
  std::vector<Candidate> candidates{
      agreement("acme.example", policy(Level::encrypt)), dane(DaneState::some),
      sts(Mode::enforce, policy(Level::secure, kMx)),
      list(Mode::enforce, policy(Level::secure, {"list.acme.example"}), 1),
      candidate(Source::learned, policy(Level::encrypt))};
  std::ranges::sort(candidates, {}, &Candidate::source);
  const Decision first = decide_for(candidates);
  do {
    const Decision decision = decide_for(candidates);
    CHECK(*decision.policy == *first.policy);
    for (std::size_t i = 0; i < first.judged.size(); ++i)
      CHECK(decision.judged[i].standing == first.judged[i].standing);
  } while (std::ranges::next_permutation(candidates, {}, &Candidate::source).found);
}

TEST_CASE("an agreement keeps what is published to fall back on, and the published MX set") {
  for (const Level level : {Level::dane_only, Level::fingerprint}) {
    const Decision decision = decide_for({agreement("acme.example", policy(level)),
                                          list(Mode::enforce, policy(Level::secure, kMx))});
    CHECK(decision.policy->level == level);
    CHECK(decision.policy->mx == mxs(kMx));
    REQUIRE(decision.published_without_dane);
    CHECK(decision.published_without_dane->level == Level::secure);
    TlsPolicy weaker = without_authentication(*entry_of(decision), *decision.policy);
    CHECK(weaker.level == Level::secure);
    CHECK(weaker.mx == mxs(kMx));
  }
  const Decision alone = decide_for({agreement("acme.example", policy(Level::dane_only))});
  CHECK(without_authentication(*entry_of(alone), *alone.policy).level == Level::encrypt);
}

TEST_CASE("the lines of an MTA-STS policy go with its MX set") {
  const auto agreed = [](Level level, const std::vector<std::string>& mx_hosts = {}) {
    return agreement("acme.example", policy(level, mx_hosts));
  };
  const Candidate enforced = sts(Mode::enforce, policy(Level::secure, kMx), "version: STSv1");
  const Candidate testing = sts(Mode::testing, policy(Level::secure, kMx), "version: STSv1");
  const Candidate listed = list(Mode::enforce, policy(Level::secure, kMx));
  Candidate exception = agreed(Level::secure);
  exception.exception = true;
  Candidate expired = enforced;
  expired.valid_until = now();
  struct Row {
    const char* why;
    std::vector<Candidate> candidates;
    bool lines;
  };
  const Row rows[] = {
      {"MTA-STS wins", {enforced}, true},
      {"over a list", {enforced, listed}, true},
      {"a list has none", {listed}, false},
      {"an expired policy, then the list", {expired, listed}, false},
      {"testing", {testing}, false},
      {"DANE on some hosts is composed", {dane(DaneState::some), enforced}, true},
      {"DANE in full: for an MTA without DANE", {dane(DaneState::full), enforced}, true},
      {"DANE alone", {dane(DaneState::full)}, false},
      {"an agreement takes the published MX set", {agreed(Level::encrypt), enforced}, true},
      {"also at its own level", {agreed(Level::secure), enforced}, true},
      {"also where DANE is above", {agreed(Level::encrypt), dane(DaneState::full), enforced}, true},
      {"an agreement with its own", {agreed(Level::secure, {"mx.b.example"}), enforced}, false},
      {"even if it is the same", {agreed(Level::secure, kMx), enforced}, false},
      {"an agreement over a list", {agreed(Level::encrypt), listed}, false},
      {"an agreement over testing", {agreed(Level::encrypt), testing}, false},
      {"an exception", {exception, enforced}, false},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const Decision decision = decide_for(row.candidates);
    CHECK((decision.policy_lines != nullptr) == row.lines);
    if (!row.lines) continue;
    REQUIRE(decision.policy_without_dane);
    CHECK(decision.policy_without_dane->mx == mxs(kMx));
    CHECK(entry_of(decision)->policy_lines == decision.policy_lines);
  }
}

TEST_CASE("an exception that asks for secure must name what it trusts, too") {
  Candidate exception = agreement("acme.example", policy(Level::secure));
  exception.exception = true;
  const Decision decision = decide_for({exception});
  CHECK(level_of(decision) == "encrypt");
  CHECK(decision.remarks == std::vector{Remark::secure_without_names});
}

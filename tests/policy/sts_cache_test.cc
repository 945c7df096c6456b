// SPDX-License-Identifier: MIT
#include "policy/sts_cache.h"

#include "policy/decide.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using Outcome = StsRecordOutcome;
using test::now;

const StsTimes kTimes;

StsPolicy policy(Mode mode = Mode::enforce, Seconds max_age = days{7}) {
  StsPolicy out;
  out.mode = mode;
  out.max_age = max_age;
  if (mode != Mode::none) out.mx = test::mxs({"mx.a.example", "*.b.example"});
  return out;
}

/// Version "1" was fetched at now().
StsState cached(Mode mode = Mode::enforce, Seconds max_age = days{7}) {
  return after_fetch({}, "1", policy(mode, max_age), now());
}

StsLook look(const std::string& id, Seconds ttl = minutes{5}) {
  return {{Outcome::valid, {id}, {}}, ttl};
}
StsLook look(Outcome outcome, Seconds ttl = minutes{5}) {
  return {{outcome, {}, {}}, ttl};
}
constexpr std::nullopt_t kNoAnswer = std::nullopt;

TEST_CASE("sts cache: what to do after the TXT question") {
  struct Row {
    const char* why;
    StsState state;
    std::optional<StsLook> look;
    Seconds later;
    bool fetch;
    const char* id;
    bool still_cached;
  };
  const StsState failed = after_failure({}, "1", StsFault::fetch_error, "no", now());
  const StsState refresh_failed =
      after_failure(cached(), "1", StsFault::fetch_error, "no", now() + hours{24});
  const Row rows[] = {
      {"first contact", {}, look("1"), {}, true, "1", false},
      {"no policy", {}, look(Outcome::none), {}, false, "", false},
      {"several records", {}, look(Outcome::several), {}, false, "", false},
      {"an invalid record", {}, look(Outcome::invalid), {}, false, "", false},
      {"no answer", {}, kNoAnswer, {}, false, "", false},
      {"3.2: the same id needs no fetch", cached(), look("1"), hours{1}, false, "", true},
      {"3.1: a new id does", cached(), look("2"), hours{1}, true, "2", true},
      {"3.1: ids have no order", cached(), look("0"), hours{1}, true, "0", true},
      {"3.1: ids are case-sensitive", after_fetch({}, "a", policy(), now()), look("A"), hours{1},
       true, "A", true},
      {"10.2: once a day whatever the id", cached(), look("1"), hours{24}, true, "1", true},
      {"10.2: not before", cached(), look("1"), hours{24} - Seconds{1}, false, "", true},
      {"10.2: without a record, too", cached(), look(Outcome::none), hours{24}, true, "1", true},
      {"10.2: and without an answer", cached(), kNoAnswer, hours{24}, true, "1", true},
      {"half of a short max_age", cached(Mode::enforce, hours{2}), look("1"), hours{1}, true, "1",
       true},
      {"5.1: a vanished record cancels nothing", cached(), look(Outcome::none), hours{1}, false, "",
       true},
      {"5.1: nor does an invalid one", cached(), look(Outcome::invalid), hours{1}, false, "", true},
      {"5.1: nor do several", cached(), look(Outcome::several), hours{1}, false, "", true},
      {"3.3: nor does a failing question", cached(), kNoAnswer, hours{1}, false, "", true},
      {"expired, the record stands", cached(), look("1"), days{7}, true, "1", true},
      {"expired, the record has gone", cached(), look(Outcome::none), days{7}, false, "", false},
      {"expired, nobody answers: remembered, not in force", cached(), kNoAnswer, days{7}, false, "",
       true},
      {"max_age 0 is over at once", cached(Mode::enforce, {}), look("1"), {}, true, "1", true},
      {"3.3: a failed id is left alone for 5 minutes", failed, look("1"), minutes{5} - Seconds{1},
       false, "", false},
      {"3.3: and tried again then", failed, look("1"), minutes{5}, true, "1", false},
      {"3.3: each id has its own back-off", failed, look("2"), minutes{1}, true, "2", false},
      {"a refresh backs off as well", refresh_failed, look("1"), hours{24} + minutes{4}, false, "",
       true},
      {"a refresh backs off without a record", refresh_failed, look(Outcome::none),
       hours{24} + minutes{4}, false, "", true},
      {"and is tried again", refresh_failed, look("1"), hours{24} + minutes{5}, true, "1", true},
      {"8.3: mode none is cached like any", cached(Mode::none), look("1"), hours{1}, false, "",
       true},
      {"8.3: and left by a new id", cached(Mode::none), look("2"), hours{1}, true, "2", true},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const StsStep step = after_record(row.state, row.look, kTimes, now() + row.later);
    CHECK(step.fetch == row.fetch);
    CHECK(step.id == row.id);
    CHECK(step.state.cached.has_value() == row.still_cached);
    if (row.still_cached) CHECK(step.state.cached == row.state.cached);
    CHECK(step.state.looked.has_value() == row.look.has_value());
    CHECK(step.state.failed_looks == (row.look ? 0U : 1U));
  }
}

TEST_CASE("sts cache: an unchanged id does not extend max_age (RFC 8461 section 3.2)") {
  StsState state = cached();
  for (int hour = 1; hour < 20; ++hour)
    state = after_record(state, look("1"), kTimes, now() + hours{hour}).state;
  CHECK(sts_candidate(state, test::domain("a.example"))->valid_until == now() + days{7});
  // A fetch does.
  state = after_fetch(state, "1", policy(), now() + hours{24});
  CHECK(sts_candidate(state, test::domain("a.example"))->valid_until == now() + days{8});
}

TEST_CASE(
    "sts cache: a failed fetch keeps the cached policy until its end (RFC 8461 section 3.3)") {
  StsState state = cached();
  const auto before = state.cached;
  state =
      after_failure(state, "2", StsFault::webpki_invalid, "expired certificate", now() + hours{1});
  CHECK(state.cached == before);
  CHECK(state.fault == StsFault::webpki_invalid);
  CHECK(state.last_error == "expired certificate");
  CHECK(state.fault_since == now() + hours{1});
  state = after_fetch(state, "2", policy(Mode::testing), now() + hours{2});
  CHECK(state.cached->id == "2");
  CHECK(state.cached->policy.mode == Mode::testing);
  CHECK(state.failures == 0);
  CHECK(state.fault == StsFault::none);
  CHECK(state.last_error.empty());
  CHECK_FALSE(state.retry_at);
  CHECK_FALSE(state.fault_since);
}

TEST_CASE("sts cache: the back-off of an id doubles from 5 minutes to a day (RFC 8461 3.3)") {
  StsState state;
  Time at = now();
  for (const long wait : {5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440}) {
    state = after_failure(state, "1", StsFault::fetch_error, "no", at);
    REQUIRE(state.retry_at);
    CHECK(*state.retry_at - at == minutes{wait});
    at = *state.retry_at;
  }
  CHECK(state.failures == 12);
  CHECK(state.fault_since == now());
  state = after_failure(state, "2", StsFault::fetch_error, "no", at);
  CHECK(state.failures == 1);
  CHECK(*state.retry_at - at == minutes{5});
  CHECK(state.fault_since == now());
}

TEST_CASE("sts cache: a busy address is nobody's fault, but waits as well") {
  const StsState state = after_failure(cached(), "2", StsFault::ours, "busy", now());
  CHECK(state.failures == 0);
  CHECK(state.fault == StsFault::none);
  CHECK_FALSE(state.fault_since);
  CHECK_FALSE(after_record(state, look("2"), kTimes, now() + minutes{4}).fetch);
  CHECK(after_record(state, look("2"), kTimes, now() + minutes{5}).fetch);
}

TEST_CASE("sts cache: when a domain is due again") {
  struct Row {
    const char* why;
    StsState state;
    std::optional<StsLook> look;
    Seconds later;  ///< from now() to the look
    Seconds wait;
  };
  StsState failing_looks;
  failing_looks.failed_looks = 3;
  StsState failing_for_long;
  failing_for_long.failed_looks = 40;
  const StsState failed = after_failure({}, "1", StsFault::fetch_error, "no", now());
  const Row rows[] = {
      {"no policy: half an hour at least", {}, look(Outcome::none, Seconds{0}), {}, minutes{30}},
      {"no policy: as long as DNS says", {}, look(Outcome::none, hours{1}), {}, hours{1}},
      {"no policy: six hours at most", {}, look(Outcome::none, days{30}), {}, hours{6}},
      {"a policy: the record's TTL", cached(), look("1", hours{1}), {}, hours{1}},
      {"a policy: the refresh", cached(), look("1", hours{4}), hours{22}, hours{2}},
      {"a policy: the refresh, at least a minute", cached(), look("1"), hours{24} - Seconds{1},
       minutes{1}},
      {"a short policy: half of max_age",
       cached(Mode::enforce, hours{1}),
       look("1", hours{4}),
       {},
       minutes{30}},
      {"a failed fetch: its back-off", failed, look("1", hours{1}), {}, minutes{5}},
      {"a failed fetch whose record has gone", failed, look(Outcome::none), {}, minutes{30}},
      {"nobody answered", {}, kNoAnswer, {}, minutes{5}},
      {"nobody answered three times", failing_looks, kNoAnswer, {}, minutes{20}},
      {"nobody answered for long", failing_for_long, kNoAnswer, {}, hours{6}},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const Time at = now() + row.later;
    CHECK(next_look(row.state, row.look, kTimes, 0, at) - at == row.wait);
    CHECK(next_look(row.state, row.look, kTimes, 1, at) - at == row.wait + row.wait / 10);
    CHECK(next_look(row.state, row.look, kTimes, 7, at) - at == row.wait + row.wait / 10);
  }
}

TEST_CASE("sts cache: a refresh is always due while the policy is in force") {
  for (const long age : {120L, 3600L, 86400L, 604800L, 31557600L}) {
    const StsState state = cached(Mode::enforce, Seconds{age});
    CAPTURE(age);
    CHECK(next_look(state, look("1", days{1}), kTimes, 1, now()) < state.cached->expires());
  }
}

TEST_CASE("sts cache: the candidate is secure, with its patterns and TLS 1.2 (RFC 8461 4.1, 7.2)") {
  const auto candidate = sts_candidate(cached(), test::domain("a.example"));
  REQUIRE(candidate);
  CHECK(candidate->source == Source::mta_sts);
  CHECK(candidate->mode == Mode::enforce);
  REQUIRE(candidate->policy);
  CHECK(candidate->policy->level == Level::secure);
  CHECK(candidate->policy->mx == test::mxs({"mx.a.example", "*.b.example"}));
  CHECK(candidate->policy->min_tls == TlsVersion::tls1_2);
  CHECK(candidate->policy->certificate_names.empty());
  CHECK_FALSE(candidate->valid_from);
  CHECK(candidate->valid_until == now() + days{7});
  CHECK(candidate->provenance.where == "https://mta-sts.a.example/.well-known/mta-sts.txt");
  CHECK(candidate->provenance.serial == "1");
  CHECK(candidate->provenance.fetched == now());
  CHECK(sts_candidate(cached(Mode::testing), test::domain("a.example"))->mode == Mode::testing);
  CHECK_FALSE(sts_candidate({}, test::domain("a.example")));
}

TEST_CASE("sts cache: the candidate has the lines of the policy as it was served (RFC 8460 4.4)") {
  const auto lines_of = [](const std::string& body) {
    const StsState state = after_fetch({}, "1", parse_sts_policy(body).value(), now());
    return sts_candidate(state, test::domain("a.example"))->policy_lines;
  };
  const auto lines = lines_of(
      "version: STSv1\r\nmode: enforce\r\n\r\nmx: *.B.example \r\nmax_age: 604800\r\n"
      "x: {\"\xC3\xA9\"} = \\\r\n");
  REQUIRE(lines);
  CHECK(*lines ==
        "version: STSv1\nmode: enforce\nmx: *.B.example\nmax_age: 604800\nx: {\"??\"} = \\");
  REQUIRE(lines_of("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 1"));
  CHECK(lines_of("version: STSv1\nmode: none\nmax_age: 1") == nullptr);
  INFO("a policy without text, as from no server");
  CHECK(sts_candidate(cached(), test::domain("a.example"))->policy_lines == nullptr);
}

TEST_CASE("sts cache: mode none replaces enforce at once, and is no policy (RFC 8461 8.3)") {
  StsState state = cached();
  state = after_fetch(state, "2", policy(Mode::none), now() + hours{1});
  const auto candidate = sts_candidate(state, test::domain("a.example"));
  REQUIRE(candidate);
  CHECK(candidate->mode == Mode::none);
  CHECK(candidate->policy == nullptr);
  const Decision decision = decide(test::key("a.example"), {*candidate}, {}, now() + hours{2});
  CHECK(decision.policy == nullptr);
}

TEST_CASE("sts cache: decide() enforces until the end of max_age, and no longer") {
  const auto decided = [](Seconds later) {
    return decide(test::key("a.example"), {*sts_candidate(cached(), test::domain("a.example"))}, {},
                  now() + later);
  };
  REQUIRE(decided(days{7} - Seconds{1}).policy);
  CHECK(decided(days{7} - Seconds{1}).policy->level == Level::secure);
  CHECK(decided(days{7}).policy == nullptr);
  CHECK(decided(days{7}).judged.at(0).standing == Standing::expired);
}

TEST_CASE("sts cache: what is told, and what is not (RFC 8461 sections 3.3 and 10.2)") {
  struct Row {
    const char* why;
    StsState state;
    Seconds later;
    std::optional<Severity> severity;
  };
  const auto failing = [](StsState state, Seconds since) {
    return after_failure(std::move(state), "1", StsFault::fetch_error, "no route", now() + since);
  };
  const Row rows[] = {
      {"all is well", cached(), days{6}, {}},
      {"one failure", failing(cached(), hours{24}), hours{25}, {}},
      {"failing for a day", failing(cached(), hours{24}), hours{48}, Severity::warning},
      {"ends soon", failing(cached(), hours{24}), days{7} - hours{41}, Severity::alert},
      {"has ended", failing(cached(), hours{24}), days{7}, Severity::alert},
      {"mode none is how a domain leaves", failing(cached(Mode::none), hours{24}), days{6}, {}},
      {"testing is told as well", failing(cached(Mode::testing), hours{24}), days{3},
       Severity::warning},
      {"never had a policy", failing({}, {}), days{6}, {}},
      {"an hour's policy is not always ending",
       failing(cached(Mode::enforce, hours{1}), minutes{30}),
       minutes{40},
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const Notices notices =
        sts_notices(row.state, test::domain("a.example"), days{14}, now() + row.later);
    REQUIRE(notices.size() == (row.severity ? 1U : 0U));
    if (!row.severity) continue;
    CHECK(notices[0].severity == *row.severity);
    CHECK(notices[0].subject == "a.example");
    CHECK(notices[0].text.contains("no route"));
  }
}

TEST_CASE("sts cache: faults have the names of RFC 8460 section 4.3.2.2") {
  CHECK(sts_fault_name(StsFault::fetch_error) == "sts-policy-fetch-error");
  CHECK(sts_fault_name(StsFault::webpki_invalid) == "sts-webpki-invalid");
  CHECK(sts_fault_name(StsFault::policy_invalid) == "sts-policy-invalid");
  CHECK(sts_fault_name(StsFault::none).empty());
  CHECK(sts_fault_name(StsFault::ours).empty());
}

}  // namespace
}  // namespace tlspact

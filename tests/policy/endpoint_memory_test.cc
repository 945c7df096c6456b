// SPDX-License-Identifier: MIT
#include "policy/endpoint_memory.h"

#include "tests/support/catch.h"
#include "tests/support/dane.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

constexpr Seconds kDay = 24h;
const LearnRules kRules;

Evidence look(EvidenceKind kind, Seconds after, bool tls) {
  Evidence out{.host = "mx.acme.example", .address = "192.0.2.1", .at = now() + after, .names = {}};
  out.kind = kind;
  if (tls) out.tls = TlsVersion::tls1_3;
  return out;
}

/// A look a letter, a day apart: + did TLS, - offers none, c has TLS that meets nothing, ? nothing
/// that teaches.
EndpointMemory looks(std::string_view letters, EndpointMemory memory = {}, Seconds first = 0s,
                     Seconds apart = kDay, const LearnRules& rules = kRules) {
  Seconds at = first;
  for (const char letter : letters) {
    const auto kind = letter == '+'   ? EvidenceKind::positive
                      : letter == '?' ? EvidenceKind::inconclusive
                                      : EvidenceKind::negative;
    memory = remember(memory, look(kind, at, letter == '+' || letter == 'c'), rules, {});
    at += apart;
  }
  return memory;
}

struct Row {
  const char* letters;
  bool confirmed;
  bool alarm;
  const char* why;
};

}  // namespace

TEST_CASE("Looks of a day each: what they come to", "[learning]") {
  const Row row = GENERATE(values<Row>({
      {"", false, false, "never looked at"},
      {"++++++++", true, false, "eight days of TLS"},
      {"+++++++", false, false, "the first and the last are six days apart: over is seven"},
      {"+++", false, false, "enough of them, not over enough time"},
      {"????????", false, false, "inconclusive looks teach nothing"},
      {"++?????+?", true, false, "three that saw TLS, seven days apart, the others do not count"},
      {"+??????????+", false, false, "two are not three"},
      {"--------", false, false, "it never did TLS, so there is nothing to alarm about"},
      {"--------+", false, false, "one look of TLS after many without"},
      {"++++++++-", true, true, "known, and stripped: an alarm, and it stays known"},
      {"++++++++--------", true, true, "however often: only the operator unlearns it"},
      {"+-", false, true, "once is enough for an alarm"},
      {"+?", false, false, "a timeout is none"},
      {"+-+", false, true, "one look of TLS does not end it"},
      {"+-++", false, false, "two do"},
      {"+-+-++", false, false, "flapping: the last two count"},
      {"+c", false, false, "a certificate that meets nothing is TLS"},
      {"cccccccc", true, false, "and proves that TLS is had"},
      {"+-+-+-+-+-", false, true, "every other look: not three of the last four"},
      {"+++++++-+", true, true, "three of the last four, a negative one between: known, alarm"},
  }));
  CAPTURE(row.letters, row.why);
  const EndpointMemory memory = looks(row.letters);
  const Time last = memory.last ? memory.last->at : now();
  CHECK(is_confirmed(memory, kRules, last) == row.confirmed);
  CHECK(memory.alarm.has_value() == row.alarm);
}

TEST_CASE("A burst of looks proves no more than one", "[learning]") {
  EndpointMemory memory = looks("++++++++++", {}, 0s, 60s);
  CHECK(memory.sightings.size() == 1);
  CHECK(looks("+", memory, 8 * kDay).confirmed == std::nullopt);
  // With nothing to spread them over, every look counts.
  LearnRules at_once = kRules;
  at_once.over = 0s;
  CHECK(looks("+++", {}, 0s, 1s, at_once).confirmed);
}

TEST_CASE("What was learned decays without evidence, but never under alarm", "[learning]") {
  const EndpointMemory known = looks("++++++++");
  const Time last = known.last->at;
  CHECK(is_confirmed(known, kRules, last + 30 * kDay));
  CHECK_FALSE(is_confirmed(known, kRules, last + 31 * kDay));
  CHECK_FALSE(did_tls(known, kRules, last + 31 * kDay));
  const EndpointMemory stripped = looks("-", known, 9 * kDay);
  CHECK(is_confirmed(stripped, kRules, last + 400 * kDay));
  CHECK(did_tls(stripped, kRules, last + 400 * kDay));
}

TEST_CASE("After decay learning begins anew", "[learning]") {
  const EndpointMemory again = looks("+", looks("++++++++"), 100 * kDay);
  CHECK_FALSE(is_confirmed(again, kRules, again.last->at));
}

TEST_CASE("STARTTLS that is refused twice in a row is an alarm where TLS was had", "[learning]") {
  const auto refused = [](Seconds after, const std::string& outcome) {
    Evidence out = look(EvidenceKind::inconclusive, after, false);
    out.stage = "starttls";
    out.outcome = outcome;
    return out;
  };
  for (const char* outcome : {"tempfail", "refused", "local"}) {
    CAPTURE(outcome);
    EndpointMemory memory = looks("+");
    memory = remember(memory, refused(kDay, outcome), kRules, {});
    CHECK_FALSE(memory.alarm);  // a server may be out of order for a moment
    memory = remember(memory, refused(2 * kDay, outcome), kRules, {});
    CHECK(memory.alarm);
    CHECK(did_tls(memory, kRules, now() + 400 * kDay));
  }
  EndpointMemory timeouts = looks("+");
  for (int day = 1; day < 5; ++day)
    timeouts = remember(timeouts, refused(day * kDay, "timeout"), kRules, {});
  CHECK_FALSE(timeouts.alarm);
  EndpointMemory stranger;
  for (int day = 0; day < 3; ++day)
    stranger = remember(stranger, refused(day * kDay, "tempfail"), kRules, {});
  CHECK_FALSE(stranger.alarm);
}

TEST_CASE("The operator's word ends alarm and memory", "[learning]") {
  const EndpointMemory accepted = accept_as_it_is(looks("++++++++-"));
  CHECK_FALSE(accepted.alarm);
  CHECK_FALSE(did_tls(accepted, kRules, accepted.last->at));
  CHECK_FALSE(is_confirmed(accepted, kRules, accepted.last->at));
  const EndpointMemory later = looks("-", accepted, 9 * kDay);
  CHECK_FALSE(later.alarm);
}

TEST_CASE("Sightings are bounded and reach over the time that counts", "[learning]") {
  const EndpointMemory memory = looks(std::string(200, '+'), {}, 0s, 1h);
  CHECK(memory.sightings.size() <= kMaxSightings);
  CHECK(memory.sightings.back().at - memory.sightings.front().at >= kRules.over);
  CHECK(memory.confirmed);
}

TEST_CASE("When the next probe is due", "[learning]") {
  const auto wait = [](std::string_view letters, double jitter) {
    EndpointMemory memory;
    Seconds at = 0s;
    for (const char letter : letters) {
      const auto kind = letter == '+' ? EvidenceKind::positive : EvidenceKind::inconclusive;
      memory = remember(memory, look(kind, at, letter == '+'), kRules,
                        {.interval = kDay, .jitter = jitter});
      at += 1h;
    }
    return memory.probe_again - memory.last->at;
  };
  CHECK(wait("+", 0.5) == kDay);
  CHECK(wait("+", 0) == kDay * 9 / 10);
  CHECK(wait("+", 1) == kDay * 11 / 10);
  CHECK(wait("?", 0.5) == 1h);
  CHECK(wait("???", 0.5) == 4h);
  CHECK(wait("????????????????????????", 0.5) == 2 * kDay);
  CHECK(wait("???+", 0.5) == kDay);
}

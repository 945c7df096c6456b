// SPDX-License-Identifier: MIT
#include "policy/dane_memory.h"

#include "policy/decide.h"
#include "tests/support/catch.h"
#include "tests/support/dane.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kUsable = HostDane::usable;
constexpr auto kUnusable = HostDane::unusable;
constexpr auto kNone = HostDane::none;
constexpr auto kFailed = HostDane::failed;
constexpr Seconds kMaxStale = 72h;

/// Looks, one after the other, at moments after now().
class Looks {
 public:
  Looks& at(Seconds after, const DaneObservation& observation) {
    memory_ = remember(memory_, moved(observation, after), kMaxStale, now() + after);
    return *this;
  }
  /// What decide() makes of it at that moment.
  [[nodiscard]] DaneState effective(Seconds after) const {
    Candidate candidate = dane(DaneState::none);
    candidate.dane = facts(memory_, now() + after);
    return decide(key("acme.example"), {candidate}, {kMaxStale}, now() + after).dane;
  }
  [[nodiscard]] DaneState state() const { return memory_.state; }
  [[nodiscard]] const DaneMemory& memory() const { return memory_; }
  [[nodiscard]] Seconds next() const { return memory_.look_again_at - memory_.looked_at; }

 private:
  static DaneObservation moved(DaneObservation observation, Seconds after) {
    observation.valid_until += after;
    return observation;
  }
  DaneMemory memory_;
};

DaneObservation with_ttl(DaneObservation observation, Seconds ttl) {
  observation.valid_until = now() + ttl;
  return observation;
}

const DaneObservation kFull = seen({host("mx1", kUsable), host("mx2", kUsable)});
const DaneObservation kOneFails = seen({host("mx1", kUsable), host("mx2", kFailed)});
const DaneObservation kAllFail = seen({host("mx1", kFailed), host("mx2", kFailed)});
const DaneObservation kNoTlsa = seen({host("mx1", kNone), host("mx2", kNone)});
const DaneObservation kMxFails = seen_nothing(MxSource::failed, false);

DaneMemory everything() {
  DaneMemory out;
  out.state = DaneState::some;
  out.last_good = DaneState::full;
  out.last_good_at = now() - 1h;
  out.tlsa_seen_at = now() - 2h;
  out.hosts = {{"mx1.acme.example", kUsable, true, now()},
               {"mx2.acme.example", kUnusable, false, now() - 3h},
               {"mx3.acme.example", kNone, true, now() - 4h},
               {"mx4.acme.example", kUsable, true, now() - 5h, true}};
  out.failures = 2;
  out.looked_at = now();
  out.look_again_at = now() + 10min;
  out.reason = "mx2.acme.example: no answer in time";
  return out;
}

}  // namespace

TEST_CASE("trap 49: a host that fails keeps its last state within max_stale") {
  Looks looks;
  looks.at(0h, kFull).at(1h, kOneFails);
  CHECK(looks.state() == DaneState::full);
  looks.at(72h, kOneFails);
  CHECK(looks.state() == DaneState::full);
  looks.at(72h + 1s, kOneFails);
  CHECK(looks.state() == DaneState::some);
  looks.at(73h, kFull);
  CHECK(looks.state() == DaneState::full);
}

TEST_CASE("a kept host keeps whether its addresses were secure") {
  Looks looks;
  looks.at(0h, seen({host("mx1", kUsable), host("mx2", kUsable, false)})).at(1h, kOneFails);
  CHECK(looks.state() == DaneState::some);
}

TEST_CASE("that TLSA is at the name of an alias is kept while the host is") {
  DaneObservation at_alias = kFull;
  at_alias.hosts.back().tlsa_at_alias = true;
  const auto told = [](const Looks& looks, Seconds after) {
    return facts(looks.memory(), now() + after).tlsa_at_alias;
  };
  CHECK_FALSE(told(Looks{}.at(0h, kFull), 0h));
  Looks looks;
  looks.at(0h, at_alias);
  CHECK(looks.state() == DaneState::full);
  CHECK(told(looks, 0h));
  looks.at(1h, kOneFails);
  CHECK(told(looks, 1h));
  looks.at(2h, kMxFails);
  CHECK(told(looks, 2h));
  looks.at(3h, kFull);
  CHECK_FALSE(told(looks, 3h));
}

TEST_CASE("a host that fails and never was seen is not counted but prevents full") {
  CHECK(Looks{}.at(0h, kOneFails).state() == DaneState::some);
  CHECK(Looks{}.at(0h, seen({host("mx1", kNone), host("mx2", kFailed)})).state() ==
        DaneState::none);
}

TEST_CASE("a host that is gone from the MX set speaks no more") {
  Looks looks;
  looks.at(0h, kFull).at(1h, seen({host("mx1", kNone)}));
  CHECK(looks.state() == DaneState::none);
  REQUIRE(looks.memory().hosts.size() == 1);
  looks.at(2h, seen({host("mx1", kNone), host("mx2", kFailed)}));
  CHECK(looks.state() == DaneState::none);
}

TEST_CASE("a failing MX question forgets no host") {
  Looks looks;
  looks.at(0h, kFull).at(1h, kMxFails);
  CHECK(looks.state() == DaneState::unknown);
  looks.at(2h, kOneFails);
  CHECK(looks.state() == DaneState::full);
}

TEST_CASE("traps 44 and 45: DNS that is blocked does not switch DANE off") {
  struct Row {
    DaneObservation blocked;
    const char* why;
  };
  const Row rows[] = {{kMxFails, "the MX question"}, {kAllFail, "the TLSA of every host"}};
  for (const Row& row : rows) {
    INFO(row.why);
    Looks looks;
    looks.at(0h, kFull).at(1h, row.blocked);
    CHECK(looks.state() == DaneState::unknown);
    CHECK(looks.effective(1h) == DaneState::full);
    looks.at(72h, row.blocked);
    CHECK(looks.effective(72h) == DaneState::full);
    looks.at(73h, row.blocked);
    CHECK(looks.effective(73h) == DaneState::some);
    looks.at(24h * 365, row.blocked);
    CHECK(looks.effective(24h * 365) == DaneState::some);
  }
}

TEST_CASE("what was never seen and fails is none") {
  Looks looks;
  looks.at(0h, kMxFails);
  CHECK(looks.state() == DaneState::unknown);
  CHECK(looks.effective(0h) == DaneState::none);
  CHECK(Looks{}.effective(0h) == DaneState::none);
}

TEST_CASE("a kept host speaks for max_stale, not for twice as long") {
  Looks looks;
  looks.at(0h, kFull).at(71h, kOneFails);
  CHECK(looks.state() == DaneState::full);
  looks.at(73h, kMxFails);
  CHECK(looks.effective(73h) == DaneState::some);
}

TEST_CASE("none that left out a failing host is not a good look") {
  Looks looks;
  looks.at(0h, kFull);
  looks.at(80h, seen({host("mx1", kNone), host("mx2", kFailed)}));
  CHECK(looks.state() == DaneState::none);
  CHECK(looks.memory().last_good == DaneState::full);
  CHECK(facts(looks.memory(), now() + 80h).tlsa_ever_seen);
  looks.at(81h, kMxFails);
  CHECK(looks.effective(81h) == DaneState::some);
}

TEST_CASE("TLSA counts as seen until a look proves that there is none") {
  DaneObservation many = kNoTlsa;
  many.complete = false;
  DaneObservation unusable = kNoTlsa;
  unusable.hosts.front().dane = kUnusable;
  const DaneObservation insecure = seen_insecure({host("mx1", kNone)});
  struct Row {
    DaneObservation then;
    Seconds after;
    bool seen;
    const char* why;
  };
  const Row rows[] = {
      {kNoTlsa, 1h, false, "a secure MX RRset, and no TLSA at any host"},
      {seen_nothing(MxSource::null_mx, true), 1h, false, "a secure null MX"},
      {seen_nothing(MxSource::no_such_domain, true), 1h, false, "a secure NXDOMAIN"},
      {many, 1h, true, "there are hosts that were not looked at"},
      {unusable, 1h, true, "unusable TLSA is TLSA"},
      {seen({host("mx1", kNone), host("mx2", kFailed)}), 1h, true, "a host failed"},
      {kMxFails, 24h * 31, true, "an unknown look proves nothing"},
      {insecure, 1h, true, "an unsigned MX answer can be forged"},
      {seen_nothing(MxSource::null_mx, false), 1h, true, "an unsigned null MX too"},
      {insecure, 24h * 30, true, "for 30 days"},
      {insecure, 24h * 30 + 1s, false, "but not for longer"},
      {many, 24h * 31, false, "nor can more than ten hosts keep it for ever"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Looks looks;
    looks.at(0h, kFull).at(row.after, row.then);
    CHECK(facts(looks.memory(), now() + row.after).tlsa_ever_seen == row.seen);
  }
}

TEST_CASE("trap 60: the next look is due when the TTLs end, within bounds") {
  struct Row {
    DaneObservation seen;
    Seconds next;
    const char* why;
  };
  const Row rows[] = {
      {with_ttl(kFull, 1h), 1h, "the TTL"},
      {with_ttl(kFull, 0s), 5min, "withdrawn TLSA is noticed within 5 minutes"},
      {with_ttl(kFull, 24h * 7), 24h, "at most a day"},
      {with_ttl(kNoTlsa, 10s), 30min, "most domains have none: at least 30 minutes"},
      {with_ttl(kNoTlsa, 2h), 2h, "the TTL of the denial"},
      {with_ttl(kMxFails, 0s), 5min, "the first failure"},
      {with_ttl(kOneFails, 1h), 5min, "one host failed"},
      {with_ttl(kOneFails, 1min), 5min, "not sooner"},
      {with_ttl(seen({host("mx1", kNone), host("mx2", kFailed)}), 2h), 30min,
       "none keeps its 30 minutes: one host of many domains fails for ever"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(Looks{}.at(0h, row.seen).next() == row.next);
  }
}

TEST_CASE("failures back off from 5 minutes to an hour, and a good look ends that") {
  Looks looks;
  Seconds after = 0s;
  for (const Seconds expected : {5min, 10min, 20min, 40min, 60min, 60min}) {
    looks.at(after, kMxFails);
    CHECK(looks.next() == expected);
    after += looks.next();
  }
  for (int i = 0; i < 100; ++i)
    looks.at(after += 1h, kMxFails);
  CHECK(looks.next() == 1h);
  looks.at(after += 1h, kFull);
  CHECK(looks.memory().failures == 0);
  looks.at(after += 1h, kMxFails);
  CHECK(looks.next() == 5min);
}

TEST_CASE("a look is due at its time, at first, and after a clock that was wrong") {
  CHECK(look_is_due(DaneMemory{}, now()));
  Looks looks;
  looks.at(0h, kFull);
  CHECK_FALSE(look_is_due(looks.memory(), now() + 59min));
  CHECK(look_is_due(looks.memory(), now() + 1h));
  CHECK(look_is_due(looks.memory(), now() - 1s));
}

TEST_CASE("a look that was not repeated in time is unknown, and its state the last good one") {
  Looks looks;
  looks.at(0h, kFull);
  CHECK(facts(looks.memory(), now() + 2h).state == DaneState::full);
  CHECK(facts(looks.memory(), now() + 2h + 1s).state == DaneState::unknown);
  CHECK(looks.effective(72h) == DaneState::full);
  CHECK(looks.effective(73h) == DaneState::some);
}

TEST_CASE("trap 44: a forged unsigned MX answer never displaces enforced MTA-STS") {
  Looks looks;
  looks.at(0h, seen_insecure({host("mx1", kUsable)}));
  Candidate forged = dane(DaneState::none);
  forged.dane = facts(looks.memory(), now());
  const Decision decision =
      decide(key("acme.example"),
             {forged, sts(Mode::enforce, policy(Level::secure, {"mx1.acme.example"}))}, {kMaxStale},
             now());
  REQUIRE(decision.policy != nullptr);
  CHECK(decision.policy->level == Level::secure);
}

TEST_CASE("the reason is one line, of the MX set and of each host that failed") {
  DaneObservation observation = kOneFails;
  observation.reason = "2 MX hosts\nleft out";
  CHECK(Looks{}.at(0h, observation).memory().reason ==
        "2 MX hosts?left out; mx2.acme.example: no answer in time");
  observation.reason = std::string(500, 'x');
  CHECK(Looks{}.at(0h, observation).memory().reason == std::string(200, 'x'));
}

TEST_CASE("a memory is read as it was written") {
  CHECK(encode_dane_memory(everything()) ==
        "dane 1\n"
        "some full@1793487600 1793484000 2 1793491200 1793491800\n"
        "host mx1.acme.example usable secure 1793491200\n"
        "host mx2.acme.example unusable insecure 1793480400\n"
        "host mx3.acme.example none secure 1793476800\n"
        "host mx4.acme.example usable secure 1793473200 alias\n"
        "reason mx2.acme.example: no answer in time\n");
  CHECK(decode_dane_memory(encode_dane_memory(everything())) == everything());
  CHECK(decode_dane_memory(encode_dane_memory(DaneMemory{})) == DaneMemory{});
}

TEST_CASE("a memory that is not whole is none") {
  const std::string good = "dane 1\nfull full@1 1 0 1 2\nhost a.example usable secure 1\n";
  REQUIRE(decode_dane_memory(good));
  const std::string host = "host a.example usable secure 1\n";
  const auto repeat = [](const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
      out += text;
    return out;
  };
  struct Row {
    std::string text;
    const char* why;
  };
  const Row rows[] = {
      {"", "empty"},
      {"dane 2\nfull full@1 1 0 1 2\n", "another version"},
      {"dane 1\n", "no summary"},
      {"dane 1\nfull full@1 1 0 1 2", "no end of line"},
      {"dane 1\nfull full@1 1 0 1\n", "a word is missing"},
      {"dane 1\nfull full@1 1 0 1 2 3\n", "a word too many"},
      {"dane 1\nfool full@1 1 0 1 2\n", "no such state"},
      {"dane 1\nfull unknown@1 1 0 1 2\n", "unknown is never good"},
      {"dane 1\nfull full@ 1 0 1 2\n", "no time"},
      {"dane 1\nfull full 1 0 1 2\n", "no time"},
      {"dane 1\nfull full@-1 1 0 1 2\n", "before 1970"},
      {"dane 1\nfull full@1 x 0 1 2\n", "not a time"},
      {"dane 1\nfull full@1 1 17 1 2\n", "more failures than are counted"},
      {"dane 1\nfull full@01 1 0 1 2\n", "a leading zero"},
      {"dane 1\nfull full@1 1 0 1 99999999999999999999\n", "a time beyond all numbers"},
      {"dane 1\nfull full@1 1 0 1 253402300800\n", "the year 10000"},
      {good + "host b usable secure 1\n", "not a host name"},
      {good + "host b.example failed secure 1\n", "a failed state is not kept"},
      {good + "host b.example usable maybe 1\n", "neither secure nor insecure"},
      {good + "host b.example usable secure\n", "no time"},
      {good + "host b.example usable secure alias\n", "no time"},
      {good + "host b.example usable secure 1 else\n", "no such word"},
      {good + "host b.example usable secure 1 alias alias\n", "the same word twice"},
      {good + repeat(host, 10), "eleven hosts"},
      {good + "reason \n", "an empty reason is no line"},
      {good + "reason " + std::string(201, 'x') + "\n", "a long reason"},
      {good + "reason a\tb\n", "a control byte"},
      {good + "reason a\n" + host, "lines in another order"},
      {good + "\n", "an empty line"},
      {good + std::string(1, '\0'), "a NUL"},
  };
  for (const Row& row : rows) {
    INFO(row.why << ": " << row.text);
    CHECK_FALSE(decode_dane_memory(row.text));
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string part = good.substr(0, size);
    const auto decoded = decode_dane_memory(part);
    if (decoded) CHECK(encode_dane_memory(*decoded) == part);
  }
}

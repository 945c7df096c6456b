// SPDX-License-Identifier: MIT
/// Politeness, and whether the way out is at fault.
#include "daemon/probe/polite_queue.h"
#include "daemon/probe/public_suffixes.h"
#include "daemon/probe/way_out.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using namespace std::chrono_literals;
using Clock = PoliteQueue::Clock;

ProbeJob job(const std::string& host, const std::string& address,
             const std::string& operator_name) {
  return {.host = host, .address = address, .operator_name = operator_name};
}

TEST_CASE("No operator has more than his connections at once", "[probe]") {
  const Clock::time_point now{};
  PoliteQueue queue{
      {job("a1", "1", "a"), job("a2", "2", "a"), job("a3", "3", "a"), job("b1", "4", "b")},
      {.per_operator = 2, .per_address_interval = 0ms}};
  const auto first = queue.next(now);
  const auto second = queue.next(now);
  const auto third = queue.next(now);
  REQUIRE(first.job);
  REQUIRE(second.job);
  REQUIRE(third.job);
  CHECK(third.job->host == "b1");  // a3 waits, b does not
  const auto none = queue.next(now);
  CHECK_FALSE(none.job);
  CHECK_FALSE(none.finished);
  CHECK_FALSE(none.earlier);  // nothing but done() can help
  queue.done(*first.job, now);
  CHECK(queue.next(now).job->host == "a3");
  CHECK(queue.next(now).finished);
}

TEST_CASE("An address is left alone between two connections", "[probe]") {
  const Clock::time_point now{};
  PoliteQueue queue{{job("a", "1", "a"), job("b", "1", "b")},
                    {.per_operator = 2, .per_address_interval = 30s}};
  const auto first = queue.next(now);
  REQUIRE(first.job);
  CHECK_FALSE(queue.next(now).job);  // one at a time
  queue.done(*first.job, now + 1s);
  const auto waiting = queue.next(now + 2s);
  CHECK_FALSE(waiting.job);
  CHECK(waiting.earlier == now + 31s);
  CHECK(queue.next(now + 31s).job);
}

TEST_CASE("An operator who asks for less is left alone", "[probe]") {
  const Clock::time_point now{};
  PoliteQueue queue{{job("a1", "1", "a"), job("a2", "2", "a"), job("b1", "3", "b")}, {}};
  REQUIRE(queue.next(now).job);
  queue.back_off("a");
  CHECK(queue.dropped() == 1);
  CHECK(queue.next(now).job->host == "b1");
  CHECK(queue.next(now).finished);
}

TEST_CASE("Who runs a host", "[probe]") {
  const PublicSuffixes suffixes;
  CHECK(suffixes.operator_of("alt1.aspmx.l.google.com") == "google.com");
  CHECK(suffixes.operator_of("mx.acme.co.uk") == "acme.co.uk");
  CHECK(suffixes.operator_of("acme.example") == "acme.example");
  CHECK(suffixes.operator_of("co.uk") == "co.uk");
  CHECK(suffixes.operator_of("[192.0.2.1]") == "[192.0.2.1]");
}

ProbeSighting sighting(const std::string& name, EvidenceKind kind, const std::string& stage,
                       const std::string& greeting = "", bool canary = false) {
  ProbeSighting out;
  out.evidence.host = "mx." + name;
  out.evidence.kind = kind;
  out.evidence.stage = stage;
  if (kind == EvidenceKind::positive) out.evidence.tls = TlsVersion::tls1_3;
  out.operator_name = name;
  out.greeting = greeting;
  out.canary = canary;
  return out;
}

TEST_CASE("Whether the way out is at fault", "[probe]") {
  constexpr auto kPositive = EvidenceKind::positive;
  constexpr auto kNegative = EvidenceKind::negative;
  constexpr auto kUnknown = EvidenceKind::inconclusive;
  const auto good = sighting("good.example", kPositive, "quit");
  const auto canary = [](EvidenceKind kind) {
    return sighting("canary.example", kind, "starttls", "", true);
  };
  const auto plain = [](const std::string& name, const std::string& greeting) {
    return sighting(name, kNegative, "starttls", greeting);
  };
  const auto dead = [](const std::string& name) { return sighting(name, kUnknown, "connect"); };
  struct Row {
    std::vector<ProbeSighting> sightings;
    const char* says;  ///< nullptr: all is well
    const char* why;
  };
  const std::vector<Row> rows{
      {{}, nullptr, "nothing was probed"},
      {{good, plain("b.example", "220 b")}, nullptr, "one without TLS"},
      {{good, canary(kPositive)}, nullptr, "a canary that is well"},
      {{good, canary(kNegative)}, "canary mx.canary.example does no TLS", "stripped on the way"},
      {{good, canary(kUnknown)}, "none of the [probe] canaries", "the canary cannot be reached"},
      {{good, canary(kUnknown), canary(kPositive)}, nullptr, "one of two canaries is down"},
      {{good, canary(kNegative), canary(kPositive)}, "does no TLS", "one of two is stripped"},
      {{plain("a.example", "220 proxy"), plain("b.example", "220 proxy"),
        plain("c.example", "220 proxy"), good},
       "all greet with \"220 proxy\"",
       "the same greeting by three operators"},
      {{plain("a.example", "220 proxy"), plain("b.example", "220 proxy"), good},
       nullptr,
       "two are not three"},
      {{plain("a.example", "220 a.example b.example c.example"),
        plain("b.example", "220 a.example b.example c.example"),
        plain("c.example", "220 a.example b.example c.example")},
       nullptr,
       "a greeting that names the operator"},
      {{plain("a.example", ""), plain("b.example", ""), plain("c.example", "")},
       nullptr,
       "no greeting at all"},
      {{dead("a"), dead("b"), dead("c"), dead("d"), dead("e")},
       "seem to be blocked",
       "nobody can be connected to"},
      {{dead("a"), dead("b"), dead("c"), dead("d")}, nullptr, "too few to tell"},
      {{dead("a"), dead("b"), dead("c"), dead("d"), dead("e"), good}, nullptr, "but one can"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto fault = way_out_fault(row.sightings);
    CHECK(fault.has_value() == (row.says != nullptr));
    if (fault && row.says != nullptr) CHECK(fault->text.contains(row.says));
  }
}

}  // namespace
}  // namespace tlspact

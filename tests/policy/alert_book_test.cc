// SPDX-License-Identifier: MIT
#include "policy/alert_book.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

Notices alert(const std::string& text) {
  return {{Severity::alert, "list community", text, 0}};
}

using Kind = AlertEvent::Kind;

std::vector<Kind> kinds(const std::vector<AlertEvent>& events) {
  std::vector<Kind> out;
  for (const AlertEvent& each : events)
    out.push_back(each.kind);
  return out;
}

}  // namespace

TEST_CASE("a cause is told once, with its end", "[alerts]") {
  AlertBook book;
  CHECK(kinds(book.update(alert("refused"), now())) == std::vector{Kind::began});
  CHECK(book.update(alert("refused"), now() + 1min).empty());
  CHECK(book.standing().size() == 1);
  CHECK(book.update({}, now() + 30min).empty());  // it may come back
  const auto ended = book.update({}, now() + 2h);
  REQUIRE(kinds(ended) == std::vector{Kind::ended});
  CHECK(ended.front().record.since == now());
  CHECK(book.standing().empty());
  CHECK(book.update({}, now() + 3h).empty());
}

TEST_CASE("a cause that flaps gives one alert", "[alerts]") {
  AlertBook book;
  std::size_t told = 0;
  for (int minute = 0; minute < 600; minute += 10)
    told +=
        book.update(minute % 20 == 0 ? alert("refused") : Notices{}, now() + minute * 60s).size();
  CHECK(told == 1);
}

TEST_CASE("one that was told to be over and comes back is told", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK(book.update({}, now() + 55min).empty());
  CHECK(book.end_quiet(now() + 1h).empty());  // one run alone has missed it, just now
  CHECK(kinds(book.end_quiet(now() + 115min)) == std::vector{Kind::ended});
  CHECK(kinds(book.update(alert("refused"), now() + 2h)) == std::vector{Kind::began});
  CHECK(book.standing().front().since == now() + 2h);
}

TEST_CASE("a run that misses it once, between hourly runs that do not, ends nothing", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK(book.update({}, now() + 55min).empty());
  CHECK_FALSE(book.next_end() < now() + 110min);
  CHECK(book.update(alert("refused"), now() + 110min).empty());
  CHECK_FALSE(book.next_end());
}

TEST_CASE("numbers do not make another cause, other words do", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("the list of 2026-01-01 stays"), now()).size() == 1);
  CHECK(book.update(alert("the list of 2026-12-31 stays"), now() + 1min).empty());
  CHECK(book.update(alert("cannot be fetched"), now() + 2min).size() == 1);
}

TEST_CASE("of another subject it is another cause, digits or not", "[alerts]") {
  AlertBook book;
  CHECK(book.update({{Severity::alert, "mx1.a.test", "no TLS", 0}}, now()).size() == 1);
  CHECK(book.update({{Severity::alert, "mx2.a.test", "no TLS", 0}}, now()).size() == 1);
  CHECK(book.standing().size() == 2);
}

TEST_CASE("after a run that failed nothing is over", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK(book.update({}, now() + 3h, false).empty());
  CHECK(book.standing().size() == 1);
}

TEST_CASE("what the last complete run did not notice stands as missed", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK_FALSE(book.standing().front().missed);
  CHECK(book.update({}, now(), false).empty());
  CHECK_FALSE(book.standing().front().missed);
  CHECK(book.update({}, now()).empty());  // within the same second
  CHECK(book.standing().front().missed == now());
  CHECK(book.update({}, now() + 5min).empty());
  CHECK(book.standing().front().missed == now());
  CHECK(book.standing().front().seen == now());
  CHECK(book.update(alert("refused"), now() + 6min).empty());
  CHECK_FALSE(book.standing().front().missed);
}

TEST_CASE("an end needs no run to be told, but one that missed it", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK_FALSE(book.next_end());
  CHECK(book.end_quiet(now() + 3h).empty());  // no run has looked
  CHECK(book.update({}, now() + 10min).empty());
  const Time end = now() + 10min + AlertBook::kQuiet;
  CHECK(book.next_end() == end);
  CHECK(book.end_quiet(end - 1s).empty());
  CHECK(kinds(book.end_quiet(end)) == std::vector{Kind::ended});
  CHECK_FALSE(book.next_end());
  CHECK(book.end_quiet(now() + 5h).empty());
}

TEST_CASE("only alerts count", "[alerts]") {
  AlertBook book;
  CHECK(book.update({{Severity::warning, "x", "y", 0}, {Severity::note, "x", "z", 0}}, now())
            .empty());
  CHECK(book.all().empty());
}

TEST_CASE("what ended long ago is forgotten", "[alerts]") {
  AlertBook book;
  CHECK(book.update(alert("refused"), now()).size() == 1);
  CHECK(book.update({}, now() + 1h).empty());
  CHECK(book.update({}, now() + 2h).size() == 1);
  CHECK(book.update({}, now() + 32 * 24h).empty());
  CHECK(book.all().empty());
}

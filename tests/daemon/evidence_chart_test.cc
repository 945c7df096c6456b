// SPDX-License-Identifier: MIT
/// Evidence over time, as a picture.
#include "daemon/control/http/evidence_chart.h"

#include <regex>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

const sys_days kToday = std::chrono::floor<days>(test::now());

std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST_CASE("Looks are counted by the day, in UTC", "[http]") {
  const auto look = [](Time at, EvidenceKind kind) {
    return Evidence{.host = "mx", .address = "192.0.2.1", .at = at, .kind = kind, .names = {}};
  };
  const Time now = test::now();  // midnight
  const auto found = by_day({look(now, EvidenceKind::positive), look(now, EvidenceKind::negative),
                             look(now - Seconds{1}, EvidenceKind::inconclusive),
                             look(now + Seconds{86399}, EvidenceKind::positive)});
  REQUIRE(found.size() == 2);
  CHECK(found[0] == EvidenceDay{kToday - days{1}, 0, 0, 1});
  CHECK(found[1] == EvidenceDay{kToday, 2, 1, 0});
  CHECK(by_day({}).empty());
}

TEST_CASE("A chart says in words what it shows", "[http]") {
  const std::string chart =
      evidence_chart({{kToday - days{2}, 10, 1, 0}, {kToday, 5, 0, 2}}, kToday, days{3});
  CHECK(chart.contains("role=\"img\""));
  CHECK(chart.contains("From 2026-10-30 to 2026-11-01: 15 positive, 1 negative, 2 inconclusive"));
  CHECK(chart.contains("<title>2026-10-30: 10 positive, 1 negative, 0 inconclusive</title>"));
  CHECK(count_of(chart, "<rect") == 4);
  CHECK_FALSE(chart.contains("style="));
}

TEST_CASE("What is outside of the days is left out, and nothing leaves the picture", "[http]") {
  const std::size_t huge = 1'000'000'000;
  const std::string chart = evidence_chart({{kToday - days{9}, 1, 1, 1},
                                            {kToday - days{1}, huge, 1, 1},
                                            {kToday, huge, huge, huge},
                                            {kToday + days{1}, 1, 1, 1}},
                                           kToday, days{9});
  CHECK(count_of(chart, "<rect") == 6);
  const std::regex rect{"x=\"([0-9]+)\" y=\"([0-9]+)\" width=\"([0-9]+)\" height=\"([0-9]+)\""};
  for (auto each = std::sregex_iterator{chart.begin(), chart.end(), rect};
       each != std::sregex_iterator{}; ++each) {
    const auto number = [&](std::size_t group) { return std::stoul((*each)[group].str()); };
    CHECK(number(1) + number(3) <= 90);
    CHECK(number(2) + number(4) <= 100);
    CHECK(number(4) >= 3);  // a single one is seen beside a thousand million
  }
}

TEST_CASE("No evidence is an empty chart", "[http]") {
  const std::string chart = evidence_chart({}, kToday, days{30});
  CHECK(chart.contains("0 positive, 0 negative, 0 inconclusive"));
  CHECK_FALSE(chart.contains("<rect"));
}

}  // namespace
}  // namespace tlspact

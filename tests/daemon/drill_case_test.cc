// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_case.h"

#include <algorithm>
#include <set>
#include <string>

#include "generators/generator.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

const DrillCase& the_case(std::string_view name) {
  const auto cases = drill_cases();
  return *std::ranges::find(cases, name, &DrillCase::name);
}

TEST_CASE("every fault of a receiver is drilled, and something good at every level") {
  std::set<DrillFault> faults;
  std::set<Level> good;
  std::set<std::string_view> names;
  for (const DrillCase& each : drill_cases()) {
    faults.insert(each.fault);
    CHECK(names.insert(each.name).second);
    if (each.fault == DrillFault::none) good.insert(each.level);
    CHECK((each.fault == DrillFault::none) == (each.expected == DrillExpectation::delivered));
  }
  CHECK(faults.size() == static_cast<std::size_t>(DrillFault::tlsa_mismatch) + 1);
  CHECK(good == std::set{Level::encrypt, Level::secure, Level::dane_only});
}

TEST_CASE("names of a drill are nobody's, and valid") {
  for (const DrillCase& each : drill_cases()) {
    CHECK(Domain::parse(each.domain().text()).value() == each.domain());
    CHECK(Domain::parse(each.mx().text()).value() == each.mx());
    CHECK(each.domain().text().ends_with(".tlspact.invalid"));
  }
}

TEST_CASE("an MX host that was not agreed is another one than the policy names") {
  const DrillCase& wrong = the_case("wrong-mx");
  CHECK(wrong.policy().mx == std::vector{MxPattern{wrong.agreed_mx(), false}});
  CHECK(wrong.mx() != wrong.agreed_mx());
  const DrillCase& good = the_case("good-secure");
  CHECK(good.mx() == good.agreed_mx());
}

TEST_CASE("without DANE what needs it is left out, and nothing else") {
  const auto all = drill_cases(true);
  const auto some = drill_cases(false);
  CHECK(all.size() == drill_cases().size());
  CHECK(some.size() == all.size() - 2);
  CHECK(std::ranges::none_of(some, &DrillCase::needs_dane));
}

TEST_CASE("each case has an entry in each map") {
  const auto cases = drill_cases(true);
  const Snapshot snapshot = drill_snapshot(cases, Time{});
  REQUIRE(snapshot.size() == cases.size());
  GeneratorSettings settings;
  settings.postfix.types = {TableType::cdb};
  settings.postfix.options.dane = true;
  settings.postfix.options.ca_store = true;
  for (const Generated& generated :
       {render_postfix(snapshot, settings), render_exim(snapshot, settings)}) {
    std::set<std::string> keys;
    const auto report = generated.artifacts.front().table()->rows->each(
        [&](std::string_view key, std::string_view) {
          keys.emplace(key);
          return Result<void>{};
        });
    REQUIRE(report);
    for (const DrillCase& each : cases)
      CHECK(keys.contains(each.domain().text()));
  }
}

TEST_CASE("the same cases as agreements") {
  const auto cases = drill_cases(false);
  const auto agreements = drill_agreements(cases);
  REQUIRE(agreements.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CHECK(agreements[i]->domains.front().key.text() == cases[i].domain().text());
    CHECK(agreements[i]->policy == cases[i].policy());
  }
}

}  // namespace
}  // namespace tlspact

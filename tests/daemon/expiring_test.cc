// SPDX-License-Identifier: MIT
/// What has an end, and will come to it soon.
#include "daemon/control/overview/expiring.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using std::chrono::days;
using test::now;

class Fixture {
 public:
  [[nodiscard]] Expiring look(const ProbeStates& states = {}) {
    return expiring(config, store, states, now());
  }
  void keep_sts(const std::string& domain, const std::string& mode, Seconds max_age, bool fails) {
    const std::string mx = mode == "none" ? "" : "mx: mx.a.example\r\n";
    StsState state =
        after_fetch({}, "1",
                    parse_sts_policy("version: STSv1\r\nmode: " + mode + "\r\n" + mx +
                                     "max_age: " + std::to_string(max_age.count()) + "\r\n")
                        .value(),
                    now());
    if (fails) state = after_failure(state, "2", StsFault::fetch_error, "no route", now());
    const StoredSts row{domain, state};
    REQUIRE(store.keep_sts(std::span{&row, 1}));
  }

  Config config;
  TempDirectory directory = TempDirectory::make().value();
  Notices notices;
  Store store =
      *Store::open(directory.path() / "tlspact.db", Store::Access::read_write, now(), notices);
};

TEST_CASE("A list that is configured, and no other", "[overview]") {
  Fixture fixture;
  for (const char* name : {"community", "forgotten"}) {
    const auto bytes = fixture.directory.path() / "bytes";
    test::write(bytes, name);
    StoredList list{.name = name,
                    .sha256 = std::string(64, *name),
                    .timestamp = now(),
                    .expires = now() + days{5},
                    .enforced = 7,
                    .fetched = now()};
    REQUIRE(fixture.store.keep_list(list, bytes));
  }
  fixture.config.lists.push_back({.name = "community"});
  const auto found = fixture.look();
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].kind == Ending::Kind::list);
  CHECK(found.rows[0].name == "community");
  CHECK(found.rows[0].at == now() + days{5});
  CHECK(found.rows[0].text.contains("7 domains enforced"));
}

TEST_CASE("Agreements with an end within 30 days, soonest first", "[overview]") {
  Fixture fixture;
  const auto agreement = [](const std::string& partner, const std::string& domain,
                            const std::string& more) {
    return "[[agreement]]\npartner = \"" + partner + "\"\ndomains = [\"" + domain +
           "\"]\nlevel = \"encrypt\"\n" + more + "\n";
  };
  REQUIRE(fixture.store.keep_agreements(
      {{"a.toml", agreement("Late", "late.example", "expires = 2026-11-20") +
                      agreement("Soon", "soon.example", "expires = 2026-11-02") +
                      agreement("Over", "over.example", "expires = 2026-10-31") +
                      agreement("Far", "far.example", "expires = 2027-11-20") +
                      agreement("Never", "never.example", "")},
       {"noise.toml", "noise"}}));
  const auto found = fixture.look();
  REQUIRE(found.rows.size() == 2);
  CHECK(found.count == 2);
  CHECK(found.rows[0].name == "Soon");
  CHECK(found.rows[0].text.contains("soon.example"));
  CHECK(found.rows[0].text.contains("a.toml:"));
  CHECK(found.rows[1].name == "Late");
}

TEST_CASE("MTA-STS policies, and whether they are renewed", "[overview]") {
  Fixture fixture;
  fixture.keep_sts("good.example", "enforce", days{7}, false);
  fixture.keep_sts("bad.example", "testing", days{3}, true);
  fixture.keep_sts("none.example", "none", days{3}, false);
  fixture.keep_sts("far.example", "enforce", days{300}, false);
  const auto found = fixture.look();
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].name == "bad.example");
  CHECK(found.rows[0].at_risk);
  CHECK(found.rows[0].text.contains("no route"));
  CHECK(found.rows[1].name == "good.example");
  CHECK_FALSE(found.rows[1].at_risk);
}

TEST_CASE("Of many of a kind the soonest are shown, and all counted", "[overview]") {
  Fixture fixture;
  for (int i = 0; i < 60; ++i)
    fixture.keep_sts("d" + std::to_string(i) + ".example", "enforce", days{1} + Seconds{i}, false);
  const auto found = fixture.look();
  CHECK(found.count == 60);
  CHECK(found.by_kind.at(Ending::Kind::sts_policy) == 60);
  REQUIRE(found.rows.size() == kMostEndings);
  CHECK(found.rows[0].name == "d0.example");
  CHECK(std::ranges::is_sorted(found.rows, {}, &Ending::at));
}

TEST_CASE("Certificates, held policies, and what was learned and is not seen any more",
          "[overview]") {
  Fixture fixture;
  REQUIRE(fixture.store.keep_only_held_policies(
      std::vector{HeldPolicy{.domain = "held.example", .since = now() - days{1}},
                  HeldPolicy{.domain = "said.example", .since = now() - days{1}, .accepted = true},
                  HeldPolicy{.domain = "done.example", .since = now() - days{8}}}));
  ProbeStates states;
  EndpointMemory memory;
  memory.host = "mx.a.example";
  memory.address = "192.0.2.1";
  memory.conclusive = Evidence{.host = "mx.a.example",
                               .address = "192.0.2.1",
                               .at = now(),
                               .kind = EvidenceKind::positive,
                               .certificate_end = now() + days{20},
                               .names = {}};
  states.endpoints.put(memory);
  LearnedDomain learned{.domain = "learned.example", .hosts = {}};
  learned.learned = now() - days{40};
  learned.supported = now() - days{20};
  states.domains[learned.domain] = learned;
  learned.domain = "seen.example";
  learned.supported = now() - days{1};
  states.domains[learned.domain] = learned;
  const auto found = fixture.look(states);
  REQUIRE(found.rows.size() == 3);
  CHECK(found.rows[0].kind == Ending::Kind::held_policy);
  CHECK(found.rows[0].name == "held.example");
  CHECK(found.rows[0].at == now() + days{6});
  CHECK(found.rows[1].name == "learned.example");
  CHECK(found.rows[1].at == now() + days{10});
  CHECK(found.rows[2].kind == Ending::Kind::certificate);
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "policy/guards.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

/// Domains "N.example" for each number from `first` on; the first `testing` of them only for
/// testing.
PolicyList list_from(int first, int count, int testing = 0) {
  PolicyList out;
  for (const Mode mode : {Mode::testing, Mode::enforce}) {
    out.modes.push_back(mode);
    out.codes.add(encode_policy(policy(Level::secure, {"mx.listed.example"})));
  }
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(1'000'000 + first + i) + ".example";
    out.entries.push_back({out.names.add(name), i < testing ? 0U : 1U});
  }
  return out;
}

std::string downgrades(const Snapshot& before, const Snapshot& after) {
  std::string out;
  each_downgrade(before, after, [&](const Downgrade& each) {
    out += each.before.text() + " " + std::string{level_name(each.before.policy->level)} + " " +
           (each.after ? std::string{level_name(*each.after)} : "-") + "\n";
  });
  return out;
}

}  // namespace

TEST_CASE("what a list gives up is counted over the domains, not over their number") {
  struct Row {
    PolicyList before;
    PolicyList after;
    bool early_adopter;
    std::size_t lost_domains;
    std::size_t lost_enforced;
    const char* why;
  };
  const Row rows[] = {
      {list_from(0, 100), list_from(0, 100), false, 0, 0, "the same"},
      {list_from(0, 100), list_from(0, 200), false, 0, 0, "more"},
      {list_from(0, 100), list_from(0, 60), false, 40, 40, "fewer at the end"},
      {list_from(0, 100), list_from(30, 70), false, 30, 30, "fewer at the beginning"},
      {list_from(0, 100), list_from(50, 100), false, 50, 50, "as many, but half are others"},
      {list_from(0, 100), list_from(0, 100, 100), false, 0, 100, "all only for testing"},
      {list_from(0, 100), list_from(0, 100, 100), true, 0, 0, "which early adopters enforce"},
      {list_from(0, 100, 100), list_from(0, 0), false, 100, 0, "testing ones are no enforced ones"},
      {list_from(0, 100), list_from(0, 0), false, 100, 100, "nothing is left"},
      {list_from(0, 0), list_from(0, 100), false, 0, 0, "there was nothing"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const ListLoss loss = compare_lists(row.before, row.after, row.early_adopter);
    CHECK(loss.domains == row.before.entries.size());
    CHECK(loss.lost_domains == row.lost_domains);
    CHECK(loss.lost_enforced == row.lost_enforced);
  }
}

TEST_CASE("too much is over the percentage and at least fifty") {
  struct Row {
    ListLoss loss;
    unsigned percent;
    bool too_much;
    const char* why;
  };
  const Row rows[] = {
      {{1000, 1000, 200, 200}, 20, false, "just at the limit"},
      {{1000, 1000, 201, 201}, 20, true, "over it"},
      {{100, 100, 49, 49}, 20, false, "half, but under fifty"},
      {{100, 100, 50, 50}, 20, true, "half, and fifty"},
      {{1000, 100, 0, 60}, 20, true, "most of the enforced ones"},
      {{1000, 100, 250, 0}, 20, true, "a quarter of all, none enforced"},
      {{1000, 1000, 1000, 1000}, 100, false, "100 % never holds back"},
      {{1000, 1000, 50, 50}, 0, true, "0 % allows less than fifty only"},
      {{0, 0, 0, 0}, 0, false, "an empty list"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(shrinks_too_much(row.loss, row.percent) == row.too_much);
  }
}

TEST_CASE("every downgrade of an enforced next-hop is seen, and nothing else") {
  const auto with = [](std::vector<SnapshotEntry> entries) {
    return snapshot_of(std::move(entries));
  };
  const Snapshot before =
      with({entry("a.example", policy(Level::secure, {"mx.a.example"})),
            entry("b.example", policy(Level::encrypt)), entry("c.example", policy(Level::dane)),
            entry("d.example", policy(Level::may)), entry("x.p.example", policy(Level::encrypt)),
            entry("[r.example]:25", policy(Level::encrypt))});
  CHECK(downgrades(before, before).empty());
  CHECK(downgrades(before, with({})) ==
        "[r.example]:25 encrypt -\na.example secure -\nb.example encrypt -\nc.example dane -\n"
        "x.p.example encrypt -\n");
  // Authenticated levels are equal; more is none.
  CHECK(downgrades(before, with({entry("a.example", policy(Level::dane_only)),
                                 entry("b.example", policy(Level::secure)),
                                 entry("c.example", policy(Level::encrypt)),
                                 entry(".p.example", policy(Level::encrypt)),
                                 entry("[r.example]:25", policy(Level::encrypt))}))
            .empty());
  // A pattern of a parent speaks for a domain, but not for a bracketed host.
  CHECK(downgrades(before, with({entry("a.example", policy(Level::encrypt)),
                                 entry("b.example", policy(Level::encrypt)),
                                 entry("c.example", policy(Level::dane)),
                                 entry(".p.example", policy(Level::may))})) ==
        "[r.example]:25 encrypt -\na.example secure encrypt\nx.p.example encrypt may\n");
}

TEST_CASE("a clock is good, went back, or is beyond trust") {
  const Time last = now();
  CHECK(judge_clock(last, last, false) == ClockVerdict::good);
  CHECK(judge_clock(last, last - std::chrono::minutes{5}, true) == ClockVerdict::good);
  CHECK(judge_clock(last, last - std::chrono::minutes{6}, true) == ClockVerdict::backwards);
  CHECK(judge_clock(last, last + std::chrono::days{30}, false) == ClockVerdict::good);
  CHECK(judge_clock(last, last + std::chrono::days{31}, false) == ClockVerdict::far_behind);
  CHECK(judge_clock(last, last + std::chrono::days{31}, true) == ClockVerdict::good);
}

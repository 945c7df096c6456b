// SPDX-License-Identifier: MIT
#include "policy/entry_changes.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

SnapshotEntry by(const std::string& origin, const std::string& key_text, Level level) {
  SnapshotEntry out = entry(key_text, policy(level));
  out.origin = origin;
  return out;
}

/// "KEY-", "KEY+" and "KEY*": gone, new, changed.
std::vector<std::string> changes(const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> out;
  const auto found = entry_changes(before, after, 100);
  for (const EntryChange& each : *found) {
    const bool both = each.before && each.after;
    const std::string_view key =
        each.after ? after.key_text(*each.after) : before.key_text(*each.before);
    out.push_back(std::string{key} + (both ? "*" : each.after ? "+" : "-"));
  }
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the entries that differ between two snapshots") {
  const Snapshot before =
      snapshot_of({by("one", "b.example", Level::secure), by("two", "d.example", Level::encrypt),
                   by("one", "f.example", Level::dane)});
  CHECK(changes(before, before).empty());
  CHECK(changes({}, before) == Texts{"b.example+", "d.example+", "f.example+"});
  CHECK(changes(before, {}) == Texts{"b.example-", "d.example-", "f.example-"});
  const Snapshot after =
      snapshot_of({by("three", "a.example", Level::may), by("one", "b.example", Level::secure),
                   by("two", "d.example", Level::may), by("two", "f.example", Level::dane)});
  INFO("origins count otherwise there; b is the same all the same, and f has another origin");
  CHECK(changes(before, after) == Texts{"a.example+", "d.example*", "f.example*"});
  CHECK(changes(after, before) == Texts{"a.example-", "d.example*", "f.example*"});
}

TEST_CASE("more changes than the limit are not listed") {
  const Snapshot after =
      snapshot_of({by("one", "b.example", Level::secure), by("one", "d.example", Level::secure)});
  CHECK(entry_changes({}, after, 2));
  CHECK_FALSE(entry_changes({}, after, 1));
}

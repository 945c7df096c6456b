// SPDX-License-Identifier: MIT
/// Property: what a snapshot of random inputs holds is what decide() says for each key by itself.
#include "policy/build_snapshot.h"

#include <algorithm>
#include <random>

#include "policy/policy_code.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

class RandomInputs {
 public:
  explicit RandomInputs(unsigned seed) : random_(seed) {}

  PolicyInputs make() {
    PolicyInputs inputs;
    const int lists = pick(3);
    for (int i = 0; i < lists; ++i)
      inputs.add(list("list" + std::to_string(i)));
    std::set<std::string> taken;
    for (int i = pick(6); i > 0; --i) {
      const std::string key_text = name();
      if (taken.insert(key_text).second) inputs.add(agreement(key_text));
    }
    for (int i = pick(6); i > 0; --i)
      publish(inputs, key(name(true)));
    return inputs;
  }

 private:
  int pick(int below) { return std::uniform_int_distribution<int>{0, below - 1}(random_); }

  /// Few names, so that sources meet: "a.b.example", ".b.example", "[a.example]:25".
  std::string name(bool listed = false) {
    const std::string domain = std::string{pick(2) == 0 ? "" : std::string{"abc"[pick(3)]} + "."} +
                               "xyz"[pick(3)] + ".example";
    if (listed) return domain;
    switch (pick(6)) {
      case 0:
        return "." + domain;
      case 1:
        return "[" + domain + "]:25";
      default:
        return domain;
    }
  }

  TlsPolicy some_policy() {
    constexpr Level kLevels[] = {Level::encrypt, Level::secure, Level::dane_only, Level::secure};
    TlsPolicy out = policy(kLevels[pick(4)]);
    if (pick(3) != 0) out.mx = mxs({"mx" + std::to_string(pick(3)) + ".mail.example"});
    return out;
  }

  PublishedList list(const std::string& list_name) {
    PolicyList out;
    out.timestamp = now() - std::chrono::hours{1};
    out.expires = now() + std::chrono::hours{pick(4) == 0 ? -1 : 1};
    for (int i = 0; i < 3; ++i) {
      out.modes.push_back(i == 0 ? Mode::testing : Mode::enforce);
      out.codes.add(encode_policy(
          policy(Level::secure, {"mx" + std::to_string(i) + "." + list_name + ".example"})));
    }
    std::set<std::string> names;
    for (int i = pick(12); i > 0; --i)
      names.insert(name(true));
    for (const std::string& each : names)
      out.entries.push_back({out.names.add(each), static_cast<std::uint32_t>(pick(3))});
    return {.name = list_name,
            .url = "/list.json",
            .early_adopter = pick(3) == 0,
            .fetched = now(),
            .list = std::make_shared<const PolicyList>(std::move(out))};
  }

  std::shared_ptr<const Agreement> agreement(const std::string& key_text) {
    Agreement out;
    out.partner = "Partner " + key_text;
    out.domains.push_back({key(key_text), {"a.toml", 1, 1}});
    out.policy = some_policy();
    out.exception = pick(5) == 0;
    if (pick(3) == 0) out.starts = now() + std::chrono::hours{pick(2) == 0 ? -1 : 1};
    if (pick(3) == 0) out.expires = now() + std::chrono::hours{pick(2) == 0 ? -1 : 2};
    return std::make_shared<const Agreement>(std::move(out));
  }

  void publish(PolicyInputs& inputs, const PolicyKey& of) {
    constexpr DaneState kStates[] = {DaneState::none, DaneState::some, DaneState::full};
    if (pick(2) == 0) inputs.add(of, dane(kStates[pick(3)]));
    if (pick(3) == 0) return;
    inputs.add(of, sts(pick(4) == 0 ? Mode::testing : Mode::enforce,
                       policy(Level::secure, {"mx" + std::to_string(pick(2)) + ".sts.example"}),
                       "version: STSv1\nid: " + std::to_string(pick(3))));
  }

  std::mt19937 random_;
};

bool same(const SnapshotEntry& a, const SnapshotEntry& b) {
  const auto equal = [](const auto& x, const auto& y) {
    return (x == nullptr) == (y == nullptr) && (x == nullptr || *x == *y);
  };
  return a.key == b.key && *a.policy == *b.policy &&
         equal(a.policy_without_dane, b.policy_without_dane) &&
         equal(a.published_without_dane, b.published_without_dane) &&
         equal(a.policy_lines, b.policy_lines) && a.source == b.source &&
         a.exception == b.exception && a.origin == b.origin && a.valid_until == b.valid_until;
}

}  // namespace

TEST_CASE("a snapshot holds what decide() says of each key by itself") {
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    const PolicyInputs inputs = RandomInputs{seed}.make();
    const Snapshot snapshot = build_snapshot(inputs, {}, now());
    std::size_t expected = 0;
    for (const std::string& text : all_keys(inputs)) {
      CAPTURE(text);
      const Decision decision = decide(key(text), inputs.candidates_for(key(text)), {}, now());
      const auto alone = repeats_parent(decision) ? std::nullopt : entry_of(decision);
      const auto found = snapshot.find(text);
      REQUIRE(found.has_value() == alone.has_value());
      if (!alone) continue;
      REQUIRE(same(*found, *alone));
      CHECK(snapshot.ruling(*snapshot.index_of(text)).level == alone->policy->level);
      ++expected;
    }
    REQUIRE(snapshot.size() == expected);
    compared += expected;
  }
  CHECK(compared > 10'000);
}

TEST_CASE("the lines of a policy are part of the ruling") {
  const auto published = [](const std::string& name, const std::string& lines) {
    SnapshotEntry out = entry(name, policy(Level::secure, {"mx.example"}), Source::mta_sts);
    out.policy_lines = std::make_shared<const std::string>(lines);
    return out;
  };
  const std::string lines = "version: STSv1\nx: {\"\\ ?";
  const Snapshot snapshot = snapshot_of(
      {published("a.example", lines), published("b.example", lines),
       published("c.example", lines + " "), published("d.example", std::string(32768, 'x')),
       entry("e.example", policy(Level::secure, {"mx.example"}), Source::mta_sts)});
  CHECK(snapshot.ruling_count() == 4);
  CHECK(snapshot.ruling_number(0) == snapshot.ruling_number(1));
  CHECK(*snapshot.entry(1).policy_lines == lines);
  CHECK(*snapshot.entry(2).policy_lines == lines + " ");
  CHECK(snapshot.entry(3).policy_lines->size() == 32768);
  CHECK(snapshot.entry(4).policy_lines == nullptr);
  CHECK(Snapshot::same_ruling(snapshot, 0, snapshot, 1));
  CHECK_FALSE(Snapshot::same_ruling(snapshot, 0, snapshot, 2));
  CHECK_FALSE(Snapshot::same_ruling(snapshot, 0, snapshot, 4));
}

TEST_CASE("domains with the same policy share a ruling, and keys must ascend") {
  const Snapshot snapshot = snapshot_of({entry("a.example", policy(Level::encrypt)),
                                         entry("b.example", policy(Level::encrypt)),
                                         entry("c.example", policy(Level::may))});
  CHECK(snapshot.ruling_number(0) == snapshot.ruling_number(1));
  CHECK(snapshot.ruling_count() == 2);
  SnapshotBuilder builder{now()};
  builder.add(entry("b.example", policy(Level::may)));
  CHECK_THROWS_AS(builder.add(entry("a.example", policy(Level::may))), std::logic_error);
  CHECK_THROWS_AS(builder.add(entry("b.example", policy(Level::may))), std::logic_error);
}

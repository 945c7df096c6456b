// SPDX-License-Identifier: MIT
/// How the maps of two generations differ.
#include "daemon/control/overview/generation_changes.h"

#include "daemon/control/http/generation_diffs.h"
#include "generators/install/manifest.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::now;

/// A history that is written file by file.
class Fixture {
 public:
  /// `rows` of a map that came with generation `number` and was replaced since.
  void replaced(unsigned number, const Rows& rows) { keep(number, kept(number), rows); }
  /// The same, still in place.
  void in_place(unsigned number, const Rows& rows) { keep(number, map_, rows); }

  [[nodiscard]] History history() const { return History::open(directory_.path(), 20); }
  [[nodiscard]] std::filesystem::path kept(unsigned number) const {
    return directory_.path() / std::to_string(number) / "0-postfix-tls_policy.cdb";
  }

 private:
  void keep(unsigned number, const std::filesystem::path& file, const Rows& rows) {
    std::filesystem::create_directories(directory_.path() / std::to_string(number));
    REQUIRE(write_table(TableType::cdb, file, rows));
    const InstalledGeneration generation{.number = number,
                                         .made = now() + std::chrono::hours{number},
                                         .cause = "generate",
                                         .files = {{.path = map_,
                                                    .mta = "Postfix",
                                                    .type = TableType::cdb,
                                                    .origin = number,
                                                    .stored = "0-postfix-tls_policy.cdb",
                                                    .identity = FileIdentity::of(file).value()}}};
    test::write(directory_.path() / std::to_string(number) / "manifest", manifest_text(generation));
  }

  TempDirectory directory_ = TempDirectory::make().value();
  std::filesystem::path map_ = directory_.path() / "tls_policy.cdb";
};

Rows rows_of(std::size_t count, const std::string& value) {
  Rows out;
  for (std::size_t i = 10000; i < 10000 + count; ++i)
    out.push_back({"d" + std::to_string(i) + ".example", value});
  return out;
}

TEST_CASE("New, gone and changed rows are told apart", "[overview]") {
  Fixture fixture;
  fixture.replaced(1, {{"a.example", "encrypt"}, {"b.example", "secure match=b"}, {"c", "dane"}});
  fixture.in_place(2, {{"b.example", "secure match=c"}, {"c", "dane"}, {"d.example", "may"}});
  const History history = fixture.history();
  const auto changes =
      generation_changes(history, history.find(1), *history.find(2), ChangeLimits{});
  CHECK(changes.before == 1);
  CHECK(changes.after == 2);
  REQUIRE(changes.maps.size() == 1);
  const MapChanges& map = changes.maps[0];
  CHECK(map.fault.empty());
  CHECK((map.added == 1 && map.removed == 1 && map.changed == 1));
  REQUIRE(map.rows.size() == 3);
  CHECK(map.rows[0].key == "a.example");
  CHECK_FALSE(map.rows[0].after);
  CHECK(map.rows[1].before == "secure match=b");
  CHECK(map.rows[1].after == "secure match=c");
  CHECK_FALSE(map.rows[2].before);
}

TEST_CASE("All differences are counted, few are kept, and long values are cut", "[overview]") {
  Fixture fixture;
  fixture.replaced(1, rows_of(1000, "encrypt"));
  fixture.in_place(2, rows_of(1000, std::string(20'000, 'x')));
  const History history = fixture.history();
  const auto changes =
      generation_changes(history, history.find(1), *history.find(2), {.rows = 200});
  CHECK(changes.all() == 1000);
  REQUIRE(changes.maps[0].rows.size() == 200);
  CHECK(changes.maps[0].rows[0].after->size() < 2 * kMostValue);
}

TEST_CASE("The first generation has everything anew", "[overview]") {
  Fixture fixture;
  fixture.in_place(1, rows_of(3, "encrypt"));
  const History history = fixture.history();
  const auto changes = generation_changes(history, nullptr, *history.find(1), ChangeLimits{});
  CHECK(changes.before == 0);
  CHECK(changes.maps[0].added == 3);
}

TEST_CASE("A comparison that takes too long ends, with what it has", "[overview]") {
  Fixture fixture;
  fixture.replaced(1, rows_of(10'000, "encrypt"));
  fixture.in_place(2, rows_of(10'000, "secure"));
  const History history = fixture.history();
  int asked = 0;
  const auto changes = generation_changes(history, history.find(1), *history.find(2),
                                          {.go_on = [&] { return ++asked < 3; }});
  CHECK(changes.maps[0].fault.contains("too long"));
  CHECK(changes.all() > 0);
  CHECK(changes.all() < 10'000);
}

TEST_CASE("A map that is gone or damaged is said to be, and nothing is made up", "[overview]") {
  Fixture fixture;
  fixture.replaced(1, rows_of(3, "encrypt"));
  fixture.in_place(2, rows_of(3, "secure"));
  SECTION("gone") {
    std::filesystem::remove(fixture.kept(1));
  }
  SECTION("damaged") {
    test::write(fixture.kept(1), "noise");
  }
  const History history = fixture.history();
  const auto changes =
      generation_changes(history, history.find(1), *history.find(2), ChangeLimits{});
  CHECK_FALSE(changes.maps[0].fault.empty());
  CHECK(changes.all() == 0);
}

TEST_CASE("The generation of yesterday", "[overview]") {
  Fixture fixture;
  CHECK(generation_at(fixture.history(), now()) == nullptr);
  fixture.replaced(1, {{"a", "encrypt"}});
  fixture.replaced(2, {{"a", "encrypt"}});
  fixture.in_place(3, {{"a", "encrypt"}});
  const History history = fixture.history();
  using std::chrono::hours;
  CHECK(generation_at(history, now() + hours{2})->number == 2);
  CHECK(generation_at(history, now() + hours{99})->number == 3);
  CHECK(generation_at(history, now())->number == 1);  // the oldest one that is kept
}

TEST_CASE("Generations that somebody asks for", "[overview]") {
  Fixture fixture;
  fixture.replaced(1, {{"a", "encrypt"}});
  fixture.in_place(3, {{"a", "secure"}});
  const History history = fixture.history();
  GenerationDiffs diffs;
  CHECK(diffs.between(history, {}, 3)->before == 1);
  CHECK(diffs.between(history, {}, 3)->all() == 1);  // remembered
  CHECK(diffs.between(history, 3, 1)->all() == 1);   // backwards, too
  CHECK(diffs.between(history, {}, 1)->before == 0);
  CHECK(diffs.between(history, {}, 2).error().code == Errc::no_input);
  CHECK(diffs.between(history, 2, 3).error().code == Errc::no_input);
}

}  // namespace
}  // namespace tlspact

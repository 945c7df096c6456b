// SPDX-License-Identifier: MIT
#include "generators/table/cdb_patch.h"

#include <map>
#include <random>

#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;
namespace fs = std::filesystem;

namespace {

Rows rows_of(const std::map<std::string, std::string>& map) {
  Rows rows;
  for (const auto& [key, value] : map)
    rows.push_back({key, value});
  return rows;
}

/// The bytes of a cdb that is written whole.
std::string written(const fs::path& path, const std::map<std::string, std::string>& map) {
  fs::remove(path);
  REQUIRE(write_table(TableType::cdb, path, rows_of(map)));
  return test::read(path);
}

class Tables {
 public:
  [[nodiscard]] fs::path path(const char* name) const { return directory_.path() / name; }

  /// What patching the table of `before` gives, byte for byte.
  std::string patched(const std::map<std::string, std::string>& before,
                      const std::vector<RowPatch>& patches) const {
    written(path("from.cdb"), before);
    fs::remove(path("to.cdb"));
    const auto patched = patch_cdb(path("from.cdb"), patches, path("to.cdb"));
    REQUIRE(patched);
    CHECK(digest_table(TableType::cdb, path("from.cdb")).value() == patched->read);
    CHECK(digest_table(TableType::cdb, path("to.cdb")).value() == patched->written);
    return test::read(path("to.cdb"));
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

}  // namespace

TEST_CASE("a patched cdb is the cdb that a full write gives") {
  const Tables tables;
  const std::map<std::string, std::string> before{
      {"b.example", "secure"}, {"d.example", "encrypt"}, {"f.example", "dane"}};
  struct Case {
    const char* reason;
    std::vector<RowPatch> patches;
    std::map<std::string, std::string> after;
  };
  const std::vector<Case> cases{
      {"nothing changes", {}, before},
      {"a value of the same length",
       {{"d.example", "fingers"}},
       {{"b.example", "secure"}, {"d.example", "fingers"}, {"f.example", "dane"}}},
      {"a longer value moves what follows",
       {{"b.example", "secure match=x"}},
       {{"b.example", "secure match=x"}, {"d.example", "encrypt"}, {"f.example", "dane"}}},
      {"a row goes", {{"d.example", {}}}, {{"b.example", "secure"}, {"f.example", "dane"}}},
      {"a row that is not there goes", {{"c.example", {}}}, before},
      {"rows before, between and behind",
       {{"a.example", "1"}, {"c.example", "2"}, {"g.example", "3"}},
       {{"a.example", "1"},
        {"b.example", "secure"},
        {"c.example", "2"},
        {"d.example", "encrypt"},
        {"f.example", "dane"},
        {"g.example", "3"}}},
      {"everything goes", {{"b.example", {}}, {"d.example", {}}, {"f.example", {}}}, {}},
  };
  for (const Case& each : cases) {
    INFO(each.reason);
    const std::string patched = tables.patched(before, each.patches);
    CHECK(patched == written(tables.path("full.cdb"), each.after));
  }
  INFO("an empty table");
  CHECK(tables.patched({}, {{"a.example", "may"}}) ==
        written(tables.path("full.cdb"), {{"a.example", "may"}}));
}

TEST_CASE("random patches of random tables give the bytes of a full write") {
  const Tables tables;
  std::mt19937 random{20261124};
  const auto number = [&](std::size_t below) { return std::size_t{random() % below}; };
  for (int round = 0; round < 60; ++round) {
    const auto size = number(3000);
    std::map<std::string, std::string> map;
    for (auto i = size; i > 0; --i)
      map["d" + std::to_string(number(5000)) + ".example"] = std::string(number(200), 'v');
    const auto before = map;
    std::map<std::string, std::optional<std::string>> wanted;
    for (auto i = number(40); i > 0; --i) {
      const std::string key = "d" + std::to_string(number(5000)) + ".example";
      if (number(3) == 0) {
        wanted[key] = std::nullopt;
        map.erase(key);
      } else {
        wanted[key] = map[key] = std::string(number(300), 'w');
      }
    }
    std::vector<RowPatch> patches;
    for (const auto& [key, value] : wanted)
      patches.push_back({key, value});
    INFO("round " << round);
    const std::string patched = tables.patched(before, patches);
    REQUIRE((patched == written(tables.path("full.cdb"), map)));
  }
}

TEST_CASE("what is no cdb of ours is not patched") {
  const Tables tables;
  const std::string good =
      written(tables.path("good.cdb"), {{"a.example", "may"}, {"b.example", "may"}});
  const std::vector<std::pair<const char*, std::string>> bad{
      {"empty", ""},
      {"shorter than a header", good.substr(0, 2047)},
      {"a header alone that points behind the end", good.substr(0, 2048)},
      {"cut off inside a record", good.substr(0, 2053)},
      {"a key longer than the file",
       std::string{good}.replace(2048, 4, std::string("\xff\xff\xff\x7f", 4))},
      {"two records in descending order",
       std::string{good}.replace(good.find("b.example"), 1, "0")},
  };
  for (const auto& [reason, bytes] : bad) {
    INFO(reason);
    test::write(tables.path("bad.cdb"), bytes);
    fs::remove(tables.path("to.cdb"));
    const auto result = patch_cdb(tables.path("bad.cdb"), {}, tables.path("to.cdb"));
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::bad_input);
  }
  const auto missing = patch_cdb(tables.path("missing.cdb"), {}, tables.path("to.cdb"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::no_input);
}

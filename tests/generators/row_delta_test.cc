// SPDX-License-Identifier: MIT
/// A map that is made from the one in place is the map that is rendered whole.
#include "generators/row_delta.h"

#include <map>
#include <random>

#include "generators/generator.h"
#include "generators/install/staging.h"
#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;
namespace fs = std::filesystem;

namespace {

/// Policies of every kind of rendering: with notices and without, by key and by ruling alone.
TlsPolicy some_policy(std::mt19937& random) {
  const auto number = [&](std::size_t below) { return std::size_t{random() % below}; };
  constexpr std::array kLevels{Level::may, Level::encrypt, Level::dane, Level::dane_only,
                               Level::secure};
  TlsPolicy out = policy(kLevels.at(number(kLevels.size())));
  if (out.level == Level::secure) {
    out.mx = mxs({number(2) == 0 ? "mx.a.example" : "*.b.example"});
    out.dane_where_present = number(3) == 0;
  }
  if (number(3) == 0) out.min_tls = TlsVersion::tls1_2;
  return out;
}

using Entries = std::map<std::string, SnapshotEntry>;

Snapshot snapshot_of_map(const Entries& entries) {
  SnapshotBuilder builder{now()};
  for (const auto& [key_text, each] : entries)
    builder.add(each);
  return builder.take();
}

/// Some keys change, go or come. A pattern key makes Exim's extra rows change, too.
void change(Entries& entries, std::mt19937& random, std::size_t count) {
  const auto number = [&](std::size_t below) { return std::size_t{random() % below}; };
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name =
        (number(5) == 0 ? "." : "") + ("d" + std::to_string(number(60)) + ".example");
    if (number(3) == 0) {
      entries.erase(name);
      continue;
    }
    SnapshotEntry fresh =
        entry(name, some_policy(random), number(2) == 0 ? Source::agreement : Source::list);
    fresh.origin = "origin " + std::to_string(number(4));
    entries.insert_or_assign(name, std::move(fresh));
  }
}

GeneratorSettings settings_in(const fs::path& directory, bool dane) {
  GeneratorSettings out;
  out.postfix.map = directory / "postfix";
  out.postfix.types = {TableType::cdb};
  out.postfix.options.version = PostfixVersion::parse("3.7.11").value();
  out.postfix.options.dane = dane;
  out.exim.map = directory / "exim.cdb";
  return out;
}

std::vector<Artifact> tables_of(const Snapshot& snapshot, const GeneratorSettings& settings) {
  std::vector<Artifact> out;
  for (const Generator& generator : generators()) {
    for (Artifact& each : generator.render(snapshot, settings).artifacts) {
      if (each.table() != nullptr) out.push_back(std::move(each));
    }
  }
  return out;
}

struct Staged {
  std::vector<std::string> bytes;
  std::vector<StreamReport> reports;
  std::vector<std::size_t> rows;
  std::vector<RowDigest> digests;
  Notices notices;
};

Staged commit(const std::vector<Artifact>& artifacts) {
  auto staging = Staging::stage(artifacts, {});
  REQUIRE(staging);
  REQUIRE(staging->commit());
  Staged out;
  for (const StagedArtifact& each : staging->artifacts()) {
    out.bytes.push_back(test::read(each.target));
    out.reports.push_back(each.report);
    out.rows.push_back(each.rows);
    out.digests.push_back(each.digest);
  }
  out.notices = staging->notices();
  return out;
}

}  // namespace

TEST_CASE("maps made from those in place equal maps rendered whole, and so do their reports") {
  std::mt19937 random{20261124};
  std::size_t patched = 0;
  for (int round = 0; round < 40; ++round) {
    INFO("round " << round);
    const auto place = TempDirectory::make().value();
    const auto whole = TempDirectory::make().value();
    const GeneratorSettings settings = settings_in(place.path(), round % 2 == 0);
    Entries entries;
    change(entries, random, 80);
    const Snapshot before = snapshot_of_map(entries);
    const Staged first = commit(tables_of(before, settings));
    change(entries, random, random() % 4);
    const Snapshot after = snapshot_of_map(entries);
    std::vector<Artifact> fresh = tables_of(after, settings);
    const std::vector<Artifact> old = tables_of(before, settings);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      auto& table = std::get<TableContent>(fresh[i].content);
      table.installed = InstalledTable{.identity = FileIdentity::of(fresh[i].path).value(),
                                       .stream = old[i].table()->rows,
                                       .reported = first.reports[i],
                                       .digest = first.digests[i]};
      if (table.rows->since(*table.installed->stream, first.reports[i])) ++patched;
    }
    const Staged quick = commit(fresh);
    const Staged slow = commit(tables_of(after, settings_in(whole.path(), round % 2 == 0)));
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      REQUIRE((quick.bytes[i] == slow.bytes[i]));
      CHECK(quick.rows[i] == slow.rows[i]);
      CHECK(quick.digests[i] == slow.digests[i]);
      CHECK(quick.reports[i].entries == slow.reports[i].entries);
      CHECK(quick.reports[i].notices == slow.reports[i].notices);
    }
  }
  CHECK(patched > 40);  // of 80: or the test has shown nothing
}

TEST_CASE("a table that is not the one it was taken for is written whole") {
  const auto directory = TempDirectory::make().value();
  const GeneratorSettings settings = settings_in(directory.path(), true);
  Entries entries{{"a.example", entry("a.example", policy(Level::encrypt))}};
  const Snapshot before = snapshot_of_map(entries);
  const Staged first = commit(tables_of(before, settings));
  entries.insert_or_assign("b.example", entry("b.example", policy(Level::dane)));
  const Snapshot after = snapshot_of_map(entries);
  const std::vector<Artifact> old = tables_of(before, settings);
  std::vector<Artifact> fresh = tables_of(after, settings);
  const fs::path map = fresh[0].path;
  auto& table = std::get<TableContent>(fresh[0].content);
  table.installed = InstalledTable{.identity = FileIdentity::of(map).value(),
                                   .stream = old[0].table()->rows,
                                   .reported = first.reports[0],
                                   .digest = first.digests[0]};
  SECTION("somebody replaced it") {
    REQUIRE(write_table(TableType::cdb, directory.path() / "other", {{"x.example", "may"}}));
    fs::rename(directory.path() / "other", map);
  }
  SECTION("its bytes have rotted, and nothing else shows it") {
    const auto identity = table.installed->identity;
    test::write(map, std::string(test::read(map).size(), '\0'));
    table.installed->identity = FileIdentity::of(map).value();
    CHECK(table.installed->identity.size == identity.size);
  }
  SECTION("one value has rotted in a file that is whole") {
    std::string bytes = test::read(map);
    test::write(map, bytes.replace(bytes.find("encrypt"), 7, "encript"));
    table.installed->identity = FileIdentity::of(map).value();
  }
  static_cast<void>(commit(fresh));
  CHECK(read_table(TableType::cdb, map).value() ==
        Rows{{"a.example", "encrypt"}, {"b.example", "dane"}});
}

TEST_CASE("notices are counted anew") {
  const auto alert = [](const std::string& subject, std::size_t more = 0) {
    return Notice{Severity::alert, subject, "text", more};
  };
  const Notices before{alert("b"), alert("d"), alert("f", 2)};
  struct Case {
    const char* reason;
    Notices gone, come;
    std::optional<Notices> after;
  };
  const std::vector<Case> cases{
      {"nothing", {}, {}, before},
      {"one of the unnamed goes", {alert("h")}, {}, Notices{alert("b"), alert("d"), alert("f", 1)}},
      {"one more comes behind", {}, {alert("z")}, Notices{alert("b"), alert("d"), alert("f", 3)}},
      {"one more comes before", {}, {alert("a")}, Notices{alert("a"), alert("b"), alert("d", 3)}},
      {"a named one goes: who is named now is not known", {alert("d")}, {}, std::nullopt},
      {"it goes though it was never there", {{Severity::alert, "d", "other", 0}}, {}, std::nullopt},
  };
  for (const Case& each : cases) {
    INFO(each.reason);
    CHECK(adjust_notices(before, each.gone, each.come) == each.after);
  }
  CHECK(adjust_notices({alert("b")}, {alert("b")}, {alert("a")}) == Notices{alert("a")});
  INFO("the texts of one subject stay in the order in which it has them");
  const Notice z{Severity::note, "a", "z", 0};
  const Notice y{Severity::alert, "a", "y", 0};
  CHECK(adjust_notices({z, y, alert("b")}, {}, {}) == Notices{z, y, alert("b")});
  CHECK(adjust_notices({y, alert("b")}, {y}, {z, y}) == Notices{z, y, alert("b")});
}

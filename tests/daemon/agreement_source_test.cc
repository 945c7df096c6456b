// SPDX-License-Identifier: MIT
#include "daemon/sources/agreement_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/daemon/source_fixture.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::at;
using test::Outcome;

std::string agreement(const std::string& domain, const std::string& more = "") {
  return "[[agreement]]\npartner = \"Partner of " + domain +
         "\"\nlevel = \"encrypt\"\ndomains = [\"" + domain + "\"]\n" + more;
}

class Fixture : public test::SourceFixture {
 public:
  Fixture() { std::filesystem::create_directory(directory()); }

  [[nodiscard]] std::filesystem::path directory() const { return path() / "agreements.d"; }
  void put(const std::string& name, const std::string& text) {
    test::write(directory() / name, text);
  }
  void remove(const std::string& name) { std::filesystem::remove_all(directory() / name); }

  Outcome fetch(Time now = test::now(), bool keep_in_store = true) {
    Config config;
    config.agreements.directory = directory().string();
    AgreementSource source{config};
    return SourceFixture::fetch(source, now, false, keep_in_store);
  }
  /// Names of the files in the store, separated by spaces.
  std::string stored() {
    std::string out;
    const std::vector<StoredFile> files = store().agreements().value();
    for (const StoredFile& each : files)
      out += (out.empty() ? "" : " ") + each.name;
    return out;
  }
};

void check_kept(const Outcome& outcome, const std::string& words, const std::string& keys) {
  INFO(outcome.notices());
  CHECK(outcome.report.refused);
  CHECK(outcome.report.state == SourceState::kept);
  CHECK(outcome.keys() == keys);
  CHECK(outcome.notices().starts_with("alert agreements: "));
  CHECK(outcome.notices().contains(words));
}

TEST_CASE("Agreement files are fresh the first time and have not changed the second") {
  Fixture fixture;
  fixture.put("b.toml", agreement("b.example"));
  fixture.put("a.toml", agreement("a.example") + agreement(".a.example"));
  const Outcome first = fixture.fetch();
  CHECK(first.notices() == "");
  CHECK(first.report.state == SourceState::fresh);
  CHECK_FALSE(first.report.refused);
  CHECK(first.keys() == ".a.example a.example b.example");
  CHECK(fixture.stored() == "a.toml b.toml");
  const Outcome second = fixture.fetch();
  CHECK(second.notices() == "");
  CHECK(second.report.state == SourceState::not_changed);
  CHECK(second.keys() == first.keys());

  fixture.put("b.toml", agreement("b.example") + agreement("c.example"));
  const Outcome third = fixture.fetch();
  CHECK(third.report.state == SourceState::fresh);
  CHECK(third.keys() == ".a.example a.example b.example c.example");
}

TEST_CASE("Only visible files called *.toml are agreements") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  for (const std::string name :
       {".hidden.toml", "a.toml~", "a.toml.dpkg-old", "b.TOML", "README", ".toml", "#a.toml#"})
    fixture.put(name, "garbage");
  const Outcome outcome = fixture.fetch();
  CHECK(outcome.notices() == "");
  CHECK(outcome.keys() == "a.example");
}

TEST_CASE("A file without agreements is good") {
  for (const char* text : {"", "\n", "# nothing yet\n"}) {
    CAPTURE(text);
    Fixture fixture;
    fixture.put("a.toml", agreement("a.example"));
    fixture.put("empty.toml", text);
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.notices() == "");
    CHECK_FALSE(outcome.report.refused);
    CHECK(outcome.keys() == "a.example");
    CHECK(fixture.stored() == "a.toml empty.toml");
    CHECK(fixture.fetch().report.state == SourceState::not_changed);
  }
}

TEST_CASE("A bad file keeps its last good version while the others are brought up to date") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  fixture.put("b.toml", agreement("b.example"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  fixture.put("b.toml", agreement("b2.example"));

  SECTION("no TOML") {
    fixture.put("a.toml", "[[agreement]\n");
    check_kept(fixture.fetch(), "a.toml:1:", "a.example b2.example");
  }
  SECTION("a rule is broken") {
    fixture.put("a.toml", agreement("a.example", "match = [\"a.example\"]\n"));
    check_kept(fixture.fetch(), "a.toml:5:9: match goes with level secure only",
               "a.example b2.example");
  }
  SECTION("a good agreement beside a bad one does not come in") {
    fixture.put("a.toml", agreement("new.example") + agreement("192.0.2.1"));
    check_kept(fixture.fetch(), "192.0.2.1", "a.example b2.example");
  }
  SECTION("a directory in its place") {
    fixture.remove("a.toml");
    std::filesystem::create_directory(fixture.directory() / "a.toml");
    check_kept(fixture.fetch(), "not a regular file", "a.example b2.example");
  }
  SECTION("a link to nowhere in its place") {
    fixture.remove("a.toml");
    std::filesystem::create_symlink("/nonexistent", fixture.directory() / "a.toml");
    check_kept(fixture.fetch(), "a.toml", "a.example b2.example");
  }
  SECTION("a FIFO in its place") {
    fixture.remove("a.toml");
    REQUIRE(::mkfifo((fixture.directory() / "a.toml").c_str(), 0600) == 0);
    check_kept(fixture.fetch(), "not a regular file", "a.example b2.example");
  }
  SECTION("over 16 MiB") {
    fixture.put("a.toml", agreement("a3.example") + std::string(16UL << 20, '#'));
    check_kept(fixture.fetch(), "a.toml", "a.example b2.example");
  }
  CHECK(fixture.stored() == "a.toml b.toml");

  // It is still said the next time, and the file that was mended counts at once.
  CHECK(fixture.fetch().report.refused);
  fixture.remove("a.toml");
  fixture.put("a.toml", agreement("a4.example"));
  const Outcome mended = fixture.fetch();
  CHECK(mended.notices() == "warning a.example: the agreement in a.toml was withdrawn\n");
  CHECK(mended.report.state == SourceState::fresh);
  CHECK(mended.keys() == "a4.example b2.example");
}

TEST_CASE("A file that was emptied, as by a full disk, keeps its last good version") {
  for (const char* text : {"", " \n\n"}) {
    Fixture fixture;
    fixture.put("a.toml", agreement("a.example"));
    fixture.put("b.toml", agreement("b.example"));
    CHECK(fixture.fetch().keys() == "a.example b.example");
    fixture.put("a.toml", text);
    check_kept(fixture.fetch(), "a.toml: is empty", "a.example b.example");
    fixture.put("a.toml", "# withdrawn\n");
    CHECK(fixture.fetch().keys() == "b.example");
    fixture.put("a.toml", text);  // nothing to lose in it
    CHECK_FALSE(fixture.fetch().report.refused);
  }
}

TEST_CASE("A directory that lost all of several files keeps their last good versions") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  fixture.put("b.toml", agreement("b.example"));
  CHECK(fixture.fetch().keys() == "a.example b.example");
  fixture.remove("a.toml");
  fixture.remove("b.toml");
  check_kept(fixture.fetch(), "none of 2 agreement files is left there", "a.example b.example");
  CHECK(fixture.stored() == "a.toml b.toml");
  fixture.put("none.toml", "# all withdrawn\n");
  CHECK(fixture.fetch().keys().empty());
}

TEST_CASE("A bad file that was never good gives nothing, and the others count") {
  Fixture fixture;
  fixture.put("a.toml", "garbage");
  fixture.put("b.toml", agreement("b.example"));
  const Outcome outcome = fixture.fetch();
  check_kept(outcome, "nothing of the file is used", "b.example");
  CHECK(fixture.stored() == "b.toml");
}

TEST_CASE("A file that was removed is no longer in force") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  fixture.put("b.toml", agreement("b.example"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  fixture.remove("a.toml");
  const Outcome one = fixture.fetch();
  CHECK(one.report.state == SourceState::fresh);
  CHECK(one.keys() == "b.example");
  fixture.remove("b.toml");
  const Outcome none = fixture.fetch();
  CHECK(none.notices() == "warning b.example: the agreement in b.toml was withdrawn\n");
  CHECK_FALSE(none.report.refused);
  CHECK(none.keys() == "");
  CHECK(fixture.stored() == "");
}

TEST_CASE("A renamed file stays in force without a conflict with itself") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  std::filesystem::rename(fixture.directory() / "a.toml", fixture.directory() / "z.toml");
  const Outcome outcome = fixture.fetch();
  CHECK(outcome.notices() == "");
  CHECK(outcome.keys() == "a.example");
  CHECK(fixture.stored() == "z.toml");
}

TEST_CASE("A directory that is missing or cannot be read leaves everything as it was") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  SECTION("missing") {
    std::filesystem::remove_all(fixture.directory());
    check_kept(fixture.fetch(), "the last good agreements stay", "a.example");
  }
  SECTION("a file in its place") {
    std::filesystem::remove_all(fixture.directory());
    test::write(fixture.directory(), "x");
    check_kept(fixture.fetch(), "the last good agreements stay", "a.example");
  }
  SECTION("without permission") {
    if (::geteuid() == 0) {
      WARN("skipped: root reads every directory");
    } else {
      REQUIRE(::chmod(fixture.directory().c_str(), 0) == 0);
      check_kept(fixture.fetch(), "the last good agreements stay", "a.example");
      REQUIRE(::chmod(fixture.directory().c_str(), 0700) == 0);
    }
  }
  CHECK(fixture.stored() == "a.toml");
}

TEST_CASE("No directory and nothing ever in it is no fault") {
  Fixture fixture;
  std::filesystem::remove_all(fixture.directory());
  const Outcome outcome = fixture.fetch();
  CHECK(outcome.notices().contains("so there are no agreements"));
  CHECK_FALSE(outcome.report.refused);
  CHECK(outcome.keys() == "");
}

TEST_CASE("Two files on the same pattern: both places are named and the one in force stays") {
  Fixture fixture;
  SECTION("the file in force wins over a new one, whatever their names") {
    fixture.put("z.toml", agreement("same.example"));
    REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    fixture.put("a.toml", agreement("other.example") + agreement("Same.Example."));
    const Outcome outcome = fixture.fetch();
    check_kept(outcome, "a.toml:8:12: ", "same.example");
    CHECK(outcome.notices().contains("z.toml:4:12"));
    CHECK(fixture.stored() == "z.toml");
  }
  SECTION("of two new files the later by name is refused") {
    fixture.put("a.toml", agreement("same.example"));
    fixture.put("b.toml", agreement("same.example"));
    const Outcome outcome = fixture.fetch();
    check_kept(outcome, "b.toml:4:12: ", "same.example");
    CHECK(outcome.notices().contains("a.toml:4:12"));
    CHECK(fixture.stored() == "a.toml");
  }
  SECTION("a file in force that now collides keeps its last good version") {
    fixture.put("a.toml", agreement("a.example"));
    fixture.put("b.toml", agreement("b.example"));
    REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    fixture.put("a.toml", agreement("b.example"));
    const Outcome outcome = fixture.fetch();
    check_kept(outcome, "a.toml:4:12: ", "a.example b.example");
    CHECK(outcome.notices().contains("b.toml:4:12"));
  }
  SECTION("an agreement moves from one file to another in one go") {
    fixture.put("a.toml", agreement("a.example") + agreement("moved.example"));
    fixture.put("b.toml", agreement("b.example"));
    REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    fixture.put("a.toml", agreement("a.example"));
    fixture.put("b.toml", agreement("b.example") + agreement("moved.example"));
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.notices() == "");
    CHECK(outcome.keys() == "a.example b.example moved.example");
  }
  SECTION("and back, against the order of names") {
    fixture.put("a.toml", agreement("a.example"));
    fixture.put("b.toml", agreement("b.example") + agreement("moved.example"));
    REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    fixture.put("a.toml", agreement("a.example") + agreement("moved.example"));
    fixture.put("b.toml", agreement("b.example"));
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.notices() == "");
    CHECK(outcome.keys() == "a.example b.example moved.example");
  }
}

TEST_CASE("An agreement is warned of before it expires, and alerted of when it has") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example", "expires = 2026-12-01\n"));
  CHECK(fixture.fetch(at("2026-11-16T23:59:59Z")).notices() == "");
  const Outcome soon = fixture.fetch(at("2026-11-17"));
  CHECK(soon.notices().starts_with(
      "warning agreement \"Partner of a.example\": expires on 2026-12-01"));
  CHECK(soon.notices().contains("a.toml:1:1"));
  CHECK(fixture.fetch(at("2026-11-30T23:59:59Z")).notices().starts_with("warning "));
  const Outcome expired = fixture.fetch(at("2026-12-01"));
  CHECK(expired.notices().starts_with(
      "alert agreement \"Partner of a.example\": expired on 2026-12-01"));
  CHECK_FALSE(expired.report.refused);
  CHECK(expired.report.state == SourceState::not_changed);
}

TEST_CASE("A run that keeps nothing takes new agreements and leaves the store alone") {
  Fixture fixture;
  fixture.put("a.toml", agreement("a.example"));
  const Outcome first = fixture.fetch(test::now(), false);
  CHECK(first.report.state == SourceState::fresh);
  CHECK(first.keys() == "a.example");
  CHECK(fixture.stored() == "");
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  fixture.put("b.toml", agreement("b.example"));
  CHECK(fixture.fetch(test::now(), false).keys() == "a.example b.example");
  CHECK(fixture.stored() == "a.toml");
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/list_source.h"

#include <string>

#include "tests/daemon/gpg_home.h"
#include "tests/daemon/list_text.h"
#include "tests/daemon/source_fixture.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::at;
using test::GpgHome;
using test::list_for;
using test::Outcome;

/// The keys of every test here: made once.
struct Publishers {
  GpgHome home;
  std::string ours = home.make_key("Ours <ours@publisher.example>");
  std::string next = home.make_key("Next <next@publisher.example>");
  std::string stranger = home.make_key("Stranger <stranger@publisher.example>");
};
const Publishers& publishers() {
  static const Publishers all;
  return all;
}

/// One signed list in files, and the source that reads it.
class Fixture : public test::SourceFixture {
 public:
  Fixture() {
    list_.name = "community";
    list_.url = path("policy.json");
    list_.signature = path("policy.json.asc");
    list_.key = path("key.asc");
    pin({publishers().ours});
  }

  ListConfig& config() { return list_; }
  void pin(const std::vector<std::string>& keys) {
    test::write(list_.key, publishers().home.key(keys, true));
  }
  void publish(const std::string& text, const std::string& by = publishers().ours) {
    test::write(path("policy.json"), text);
    test::write(path("policy.json.asc"), publishers().home.sign(by, text, {"--armor"}));
  }
  Outcome fetch(Time now = test::now(), bool offline = false, bool keep_in_store = true) {
    ListSource source{list_, Config{}};
    return SourceFixture::fetch(source, now, offline, keep_in_store);
  }
  /// The time that is in the store, or "none".
  std::string stored_timestamp() {
    const auto stored = store().list("community").value();
    return stored ? format_time(stored->timestamp) : "none";
  }

 private:
  ListConfig list_;
};

void check_refused(const Outcome& outcome, const std::string& words, const std::string& in_force) {
  INFO(outcome.notices());
  CHECK(outcome.report.refused);
  CHECK(outcome.report.state == (in_force.empty() ? SourceState::never_good : SourceState::kept));
  CHECK(outcome.keys() == in_force);
  CHECK(outcome.notices().contains("alert list community: refused: "));
  CHECK(outcome.notices().contains(words));
}

TEST_CASE("A signed list is fresh the first time and has not changed the second") {
  Fixture fixture;
  CHECK(ListSource(fixture.config(), Config{}).name() == "list community");
  fixture.publish(list_for("one.example"));
  const Outcome first = fixture.fetch();
  CHECK(first.notices() == "");
  CHECK(first.report.state == SourceState::fresh);
  CHECK_FALSE(first.report.refused);
  CHECK(first.keys() == "one.example");
  REQUIRE(first.inputs.lists().size() == 1);
  const PublishedList& published = first.inputs.lists().front();
  CHECK(published.name == "community");
  CHECK(published.url == fixture.path("policy.json"));
  CHECK(published.fetched == test::now());
  CHECK_FALSE(published.early_adopter);

  const auto stored = fixture.store().list("community").value();
  REQUIRE(stored);
  CHECK(stored->primary_key == publishers().ours);
  CHECK(stored->signature == test::read(fixture.path("policy.json.asc")));
  CHECK(stored->sha256 == file_sha256(fixture.path("policy.json")));
  CHECK(format_time(stored->timestamp) == "2026-10-20T00:00:00Z");

  const Time later = test::now() + std::chrono::hours{6};
  const Outcome second = fixture.fetch(later);
  CHECK(second.notices() == "");
  CHECK(second.report.state == SourceState::not_changed);
  CHECK(second.keys() == "one.example");
  CHECK(second.inputs.lists().front().fetched == later);
  CHECK(fixture.store().list("community").value()->fetched == later);

  fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"));
  const Outcome third = fixture.fetch(later);
  CHECK(third.report.state == SourceState::fresh);
  CHECK(third.keys() == "two.example");
  CHECK(fixture.stored_timestamp() == "2026-10-21T00:00:00Z");
}

TEST_CASE("A list that is not what its publisher signed is refused, and the last good one stays") {
  for (const bool had_a_good_one : {true, false}) {
    CAPTURE(had_a_good_one);
    Fixture fixture;
    const std::string good = list_for("good.example");
    const std::string next = list_for("evil.example", "2026-10-21T00:00:00Z");
    fixture.publish(good);
    const std::string good_signature = test::read(fixture.path("policy.json.asc"));
    if (had_a_good_one) REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    const std::string in_force = had_a_good_one ? "good.example" : "";
    const auto list = [&](const std::string& text) {
      test::write(fixture.path("policy.json"), text);
    };
    const auto signature = [&](const std::string& text) {
      test::write(fixture.path("policy.json.asc"), text);
    };

    SECTION("one byte changed") {
      std::string changed = good;
      changed.replace(changed.find("good"), 1, "f");
      list(changed);
      check_refused(fixture.fetch(), "signature does not fit the file", in_force);
    }
    SECTION("a space behind") {
      list(good + " ");
      check_refused(fixture.fetch(), "signature does not fit the file", in_force);
    }
    SECTION("signed by another key") {
      fixture.publish(next, publishers().stranger);
      check_refused(fixture.fetch(), "another key than the configured one", in_force);
    }
    SECTION("a signature of another file") {
      list(next);
      signature(publishers().home.sign(publishers().ours, "something else"));
      check_refused(fixture.fetch(), "signature does not fit the file", in_force);
    }
    SECTION("the signature of the list before") {
      list(next);
      signature(good_signature);
      check_refused(fixture.fetch(), "signature does not fit the file", in_force);
    }
    SECTION("no signature file") {
      list(next);
      std::filesystem::remove(fixture.path("policy.json.asc"));
      check_refused(fixture.fetch(), "policy.json.asc", in_force);
    }
    SECTION("an empty signature file") {
      list(next);
      signature("");
      check_refused(fixture.fetch(), "signature is not accepted", in_force);
    }
    SECTION("a signature file of two megabytes") {
      signature(good_signature + std::string(2UL << 20, '\n'));
      check_refused(fixture.fetch(), "larger than", in_force);
    }
    SECTION("no list file") {
      std::filesystem::remove(fixture.path("policy.json"));
      check_refused(fixture.fetch(), "policy.json", in_force);
    }
    SECTION("a directory where the list was") {
      std::filesystem::remove(fixture.path("policy.json"));
      std::filesystem::create_directory(fixture.path("policy.json"));
      check_refused(fixture.fetch(), "policy.json", in_force);
    }
    SECTION("well signed, but no list") {
      fixture.publish("{}");
      check_refused(fixture.fetch(), "policy.json:1: ", in_force);
    }
    SECTION("well signed, but with a bad entry") {
      fixture.publish(list_for("evil.example none", "2026-10-21T00:00:00Z"));
      check_refused(fixture.fetch(), "is not a domain name", in_force);
    }
    SECTION("a FIFO where the list was") {
      std::filesystem::remove(fixture.path("policy.json"));
      REQUIRE(run_command({.argv = {"mkfifo", fixture.path("policy.json")}, .input = {}}));
      check_refused(fixture.fetch(), "policy.json", in_force);
    }
    const std::string stored = had_a_good_one ? "2026-10-20T00:00:00Z" : "none";
    CHECK(fixture.stored_timestamp() == stored);

    // What was refused leaves nothing behind: the good list is taken as before.
    std::filesystem::remove_all(fixture.path("policy.json"));
    list(good);
    signature(good_signature);
    CHECK(fixture.fetch().keys() == "good.example");
  }
}

TEST_CASE("The timestamp of a list goes forward or stays, never back and never into the future") {
  Fixture fixture;
  fixture.publish(list_for("one.example", "2026-10-20T00:00:00Z"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  SECTION("a second back is refused") {
    fixture.publish(list_for("old.example", "2026-10-19T23:59:59Z"));
    check_refused(fixture.fetch(), "is older than that of the last good list", "one.example");
    CHECK(fixture.stored_timestamp() == "2026-10-20T00:00:00Z");
  }
  SECTION("the same is accepted, with other entries") {
    fixture.publish(list_for("two.example", "2026-10-20T00:00:00Z"));
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.report.state == SourceState::fresh);
    CHECK(outcome.keys() == "two.example");
  }
  SECTION("30 minutes ahead is a clock that is off") {
    fixture.publish(list_for("two.example", "2026-11-01T00:30:00Z"));
    CHECK(fixture.fetch().keys() == "two.example");
  }
  SECTION("an hour ahead is accepted, a second more is refused") {
    fixture.publish(list_for("two.example", "2026-11-01T01:00:00Z"));
    CHECK(fixture.fetch().keys() == "two.example");
    fixture.publish(list_for("three.example", "2026-11-01T01:00:01Z"));
    check_refused(fixture.fetch(), "lies in the future", "two.example");
    CHECK(fixture.fetch(test::now() + Seconds{1}).keys() == "three.example");
  }
}

TEST_CASE("An expired list is said to enforce nothing, one that is about to is said too") {
  Fixture fixture;
  fixture.publish(list_for("one.example", "2026-10-20T00:00:00Z", "2026-12-01T00:00:00Z"));
  // 42 days of life: a third is 14 days, as much as warn_before.
  CHECK(fixture.fetch(at("2026-11-16T23:59:59Z")).notices() == "");
  const Outcome soon = fixture.fetch(at("2026-11-17"));
  CHECK(soon.notices().starts_with("warning list community: expires on 2026-12-01T00:00:00Z"));
  CHECK(soon.notices().contains("1 enforced domain"));
  CHECK_FALSE(fixture.fetch(at("2026-11-30T23:59:59Z")).notices().contains("alert"));
  const Outcome expired = fixture.fetch(at("2026-12-01"));
  CHECK(expired.notices().starts_with("alert list community: expired on 2026-12-01T00:00:00Z"));
  CHECK_FALSE(expired.report.refused);
  CHECK(expired.report.state == SourceState::not_changed);
  // Whether it still counts is decide()'s to say, so it stays among the inputs.
  REQUIRE(expired.inputs.lists().size() == 1);
  CHECK(expired.inputs.lists().front().list->expires == at("2026-12-01"));

  Fixture late;
  late.publish(list_for("one.example", "2026-10-20T00:00:00Z", "2026-10-25T00:00:00Z"));
  const Outcome first = late.fetch();
  CHECK(first.report.state == SourceState::fresh);
  CHECK(first.notices().starts_with("alert list community: expired"));
}

TEST_CASE("Only a list that was signed with a configured key stays in force") {
  Fixture fixture;
  fixture.publish(list_for("one.example"));
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  SECTION("another key configured: the list of the old key is no longer used") {
    fixture.pin({publishers().next});
    const Outcome outcome = fixture.fetch();
    check_refused(outcome, "another key than the configured one", "");
    CHECK(outcome.notices().contains("is no longer used"));
    CHECK(outcome.notices().contains(publishers().ours));

    // The new key begins its own timestamps.
    fixture.publish(list_for("two.example", "2026-10-01T00:00:00Z"), publishers().next);
    const Outcome next = fixture.fetch();
    CHECK(next.notices() == "");
    CHECK(next.report.state == SourceState::fresh);
    CHECK(next.keys() == "two.example");
  }
  SECTION("both keys configured: the old list stays until the new one comes") {
    fixture.pin({publishers().ours, publishers().next});
    CHECK(fixture.fetch().report.state == SourceState::not_changed);
    fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"), publishers().next);
    CHECK(fixture.fetch().keys() == "two.example");
  }
  SECTION("a key file that is missing or damaged: the last good list stays") {
    std::filesystem::remove(fixture.config().key);
    check_refused(fixture.fetch(), "key.asc", "one.example");
    test::write(fixture.config().key, "garbage");
    check_refused(fixture.fetch(), "not a usable OpenPGP public key", "one.example");
  }
  SECTION("a key file that is missing lets nothing new in") {
    std::filesystem::remove(fixture.config().key);
    fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"), publishers().stranger);
    check_refused(fixture.fetch(), "key.asc", "one.example");
  }
  SECTION("a list that was accepted unsigned does not stay when a key is asked for") {
    fixture.config().unsigned_list = true;
    test::write(fixture.path("policy.json"), list_for("two.example", "2026-10-21T00:00:00Z"));
    CHECK(fixture.fetch().keys() == "two.example");
    fixture.config().unsigned_list = false;
    check_refused(fixture.fetch(), "signature", "");
    std::filesystem::remove(fixture.config().key);
    check_refused(fixture.fetch(), "key.asc", "");
  }
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// ListSource and what is in the store: unsigned lists, offline runs, runs that keep nothing.
#include <string>

#include "daemon/sources/list_source.h"
#include "tests/daemon/list_text.h"
#include "tests/daemon/source_fixture.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::list_for;
using test::Outcome;

/// An unsigned list in a file.
class Fixture : public test::SourceFixture {
 public:
  ListConfig list(const std::string& name) {
    ListConfig out;
    out.name = name;
    out.url = path(name + ".json");
    out.unsigned_list = true;
    return out;
  }
  void publish(const std::string& name, const std::string& text) {
    test::write(path(name + ".json"), text);
  }
  Outcome fetch(const ListConfig& list, bool offline = false, bool keep_in_store = true) {
    ListSource source{list, Config{}};
    return SourceFixture::fetch(source, test::now(), offline, keep_in_store);
  }
};

TEST_CASE("An unsigned list obeys the other rules of a signed one") {
  Fixture fixture;
  const ListConfig list = fixture.list("plain");
  fixture.publish("plain", list_for("one.example"));
  const Outcome first = fixture.fetch(list);
  CHECK(first.notices() == "");
  CHECK(first.report.state == SourceState::fresh);
  CHECK(first.keys() == "one.example");
  CHECK(fixture.store().list("plain").value()->primary_key.empty());
  CHECK(fixture.fetch(list).report.state == SourceState::not_changed);

  fixture.publish("plain", list_for("old.example", "2026-10-19T00:00:00Z"));
  const Outcome back = fixture.fetch(list);
  CHECK(back.report.refused);
  CHECK(back.report.state == SourceState::kept);
  CHECK(back.keys() == "one.example");
  CHECK(back.notices().contains("is older than that of the last good list"));

  fixture.publish("plain", "not a list");
  CHECK(fixture.fetch(list).keys() == "one.example");
}

TEST_CASE("Several lists keep their order and their settings, and one's fault stays its own") {
  Fixture fixture;
  Config config;
  config.agreements.directory = fixture.path("agreements.d");
  for (const std::string name : {"zebra", "alpha", "middle"}) {
    config.lists.push_back(fixture.list(name));
    fixture.publish(name, list_for(name + ".example"));
  }
  config.lists[1].early_adopter = true;
  fixture.publish("alpha", "damaged");
  for (const bool again : {false, true}) {
    if (again) fixture.publish("alpha", list_for("alpha.example"));
    PolicyInputs inputs;
    std::vector<std::string> names;
    config.dane.enabled = false;  // nobody answers here
    config.mta_sts.enabled = false;
    for (const auto& source : policy_sources(config)) {
      names.push_back(source->name());
      const FetchContext context{.store = fixture.store(), .now = test::now()};
      const FetchReport report = source->fetch(context);
      CHECK(source->load(context, inputs).notices.empty());
      CHECK(report.refused == (!again && source->name() == "list alpha"));
    }
    CHECK(names == std::vector<std::string>{"agreements", "list zebra", "list alpha", "list middle",
                                            "DANE and MTA-STS"});
    std::string order;
    for (const PublishedList& each : inputs.lists()) {
      order += each.name + " ";
      CHECK(each.early_adopter == (each.name == "alpha"));
    }
    CHECK(order == (again ? "zebra alpha middle " : "zebra middle "));
  }
}

TEST_CASE("Offline, a remote list is what the store has") {
  Fixture fixture;
  ListConfig list = fixture.list("remote");
  fixture.publish("remote", list_for("one.example"));
  ListConfig remote = list;
  remote.url = "https://lists.invalid/policy.json";

  const Outcome never = fixture.fetch(remote, true);
  CHECK(never.report.state == SourceState::never_good);
  CHECK_FALSE(never.report.refused);
  CHECK(never.notices().starts_with("warning list remote: "));
  CHECK(never.notices().contains("offline"));
  CHECK(never.keys() == "");

  REQUIRE(fixture.fetch(list).report.state == SourceState::fresh);
  const Outcome stored = fixture.fetch(remote, true);
  CHECK(stored.notices() == "");
  CHECK(stored.report.state == SourceState::not_changed);
  CHECK(stored.keys() == "one.example");
  REQUIRE(stored.inputs.lists().size() == 1);
  CHECK(stored.inputs.lists().front().fetched == test::now());

  // A file is no network.
  fixture.publish("remote", list_for("two.example", "2026-10-21T00:00:00Z"));
  CHECK(fixture.fetch(list, true).keys() == "two.example");
}

TEST_CASE("A run that keeps nothing takes a new list and leaves the store alone") {
  Fixture fixture;
  const ListConfig list = fixture.list("plain");
  fixture.publish("plain", list_for("one.example"));
  const Outcome first = fixture.fetch(list, false, false);
  CHECK(first.report.state == SourceState::fresh);
  CHECK(first.keys() == "one.example");
  CHECK_FALSE(fixture.store().list("plain").value());

  REQUIRE(fixture.fetch(list).report.state == SourceState::fresh);
  const Time fetched = fixture.store().list("plain").value()->fetched;
  fixture.publish("plain", list_for("two.example", "2026-10-21T00:00:00Z"));
  ListSource source{list, Config{}};
  const Outcome later = static_cast<test::SourceFixture&>(fixture).fetch(
      source, test::now() + std::chrono::hours{1}, false, false);
  CHECK(later.keys() == "two.example");
  const auto stored = fixture.store().list("plain").value();
  REQUIRE(stored);
  CHECK(stored->timestamp == test::at("2026-10-20"));
  CHECK(stored->fetched == fetched);
}

TEST_CASE("A store that can only be read serves runs that keep nothing") {
  Fixture fixture;
  const ListConfig list = fixture.list("plain");
  fixture.publish("plain", list_for("one.example"));
  Notices notices;
  auto empty = Store::open(fixture.path("none.db"), Store::Access::read_only, test::now(), notices);
  REQUIRE(empty);
  ListSource source{list, Config{}};
  const Outcome outcome =
      test::fetch_and_load(source, {.store = *empty, .now = test::now(), .keep_in_store = false});
  CHECK(outcome.report.state == SourceState::fresh);
  CHECK(test::all_keys(outcome.inputs).size() == 1);
  CHECK_FALSE(std::filesystem::exists(fixture.path("none.db")));
}

TEST_CASE("A list of a megabyte comes back out of the store as it went in") {
  Fixture fixture;
  const ListConfig list = fixture.list("big");
  std::string policies = "{";
  for (int i = 0; i < 20'000; ++i)
    policies += (i == 0 ? "" : ",") + ("\"d" + std::to_string(i)) +
                R"(.example":{"mode":"enforce","mxs":["mx.example.org",".mail.example.org"]})";
  fixture.publish("big", test::list_with(policies + "}"));
  REQUIRE(std::filesystem::file_size(fixture.path("big.json")) > (1UL << 20));
  REQUIRE(test::all_keys(fixture.fetch(list).inputs).size() == 20'000);
  std::filesystem::remove(fixture.path("big.json"));
  const Outcome kept = fixture.fetch(list);
  INFO(kept.notices());
  CHECK(kept.report.state == SourceState::kept);
  CHECK(test::all_keys(kept.inputs).size() == 20'000);
}

TEST_CASE("The digest of a file is lower-case hexadecimal") {
  const TempDirectory directory = TempDirectory::make().value();
  test::write(directory.path() / "abc", "abc");
  CHECK(file_sha256(directory.path() / "abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  test::write(directory.path() / "empty", "");
  CHECK(file_sha256(directory.path() / "empty") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_FALSE(file_sha256(directory.path() / "none"));
  CHECK_FALSE(file_sha256(directory.path()));
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The store's tables of domains that are looked up.
#include <Poco/Data/Session.h>

#include <algorithm>
#include <string>

#include "daemon/store/store.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::now;

const std::string kText =
    "version: STSv1\r\nmode: enforce\r\nmx: *.a.example\r\nmax_age: 86400\r\nx: \xFF{'\"\r\n";

/// A store in a directory of its own.
class Fixture {
 public:
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "tlspact.db"; }
  [[nodiscard]] Store open(Store::Access access = Store::Access::read_write) const {
    Notices notices;
    auto store = Store::open(file(), access, now(), notices);
    INFO((store ? "" : store.error().text));
    REQUIRE(store);
    CHECK(notices.empty());
    return *std::move(store);
  }
  /// A statement behind the store's back; it must be closed.
  void execute(const std::string& statement) const {
    Poco::Data::Session sql{"SQLite", file().string()};
    sql << statement, Poco::Data::Keywords::now;
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

StsState with_policy() {
  StsState state = after_fetch({}, "20261101", parse_sts_policy(kText).value(), now());
  state.looked = now() + Seconds{1};
  state.next_look = now() + Seconds{2};
  return state;
}

/// Every field has a value of its own.
StsState failing() {
  StsState state = with_policy();
  state.failed_looks = 3;
  state.pending_id = "20261102";
  state.failures = 4;
  state.retry_at = now() + Seconds{5};
  state.fault_since = now() + Seconds{6};
  state.fault = StsFault::webpki_invalid;
  state.last_error = "x'; DROP TABLE sts; --";
  return state;
}

std::vector<StoredSts> all_sts(Store& store) {
  std::vector<StoredSts> out;
  const auto read = store.each_sts([&](StoredSts row) { out.push_back(std::move(row)); });
  INFO((read ? "" : read.error().text));
  REQUIRE(read);
  std::ranges::sort(out, {}, &StoredSts::domain);
  return out;
}

std::vector<StoredDane> all_dane(Store& store) {
  std::vector<StoredDane> out;
  const auto read = store.each_dane([&](StoredDane row) { out.push_back(std::move(row)); });
  INFO((read ? "" : read.error().text));
  REQUIRE(read);
  std::ranges::sort(out, {}, &StoredDane::domain);
  return out;
}

template <class Row>
void keep(Result<void> (Store::*function)(std::span<const Row>), Store& store,
          const std::vector<Row>& rows) {
  const auto kept = (store.*function)(rows);
  INFO((kept ? "" : kept.error().text));
  REQUIRE(kept);
}

TEST_CASE("Fetches that fail are counted by their cause", "[store]") {
  const Fixture fixture;
  Store store = fixture.open();
  REQUIRE(store.keep_sts(std::vector<StoredSts>{
      {"a.example", failing()}, {"b.example", failing()}, {"c.example", with_policy()}}));
  const auto faults = store.sts_faults().value();
  CHECK(faults == std::map<StsFault, std::size_t>{{StsFault::webpki_invalid, 2}});
}

TEST_CASE("Policies that end soon, the soonest first", "[store]") {
  const Fixture fixture;
  Store store = fixture.open();
  const auto ends = [](Seconds age, const char* mode) {
    const std::string mx = std::string{mode} == "none" ? "" : "mx: a.example\r\n";
    return after_fetch({}, "1",
                       parse_sts_policy("version: STSv1\r\nmode: " + std::string{mode} + "\r\n" +
                                        mx + "max_age: " + std::to_string(age.count()) + "\r\n")
                           .value(),
                       now());
  };
  const std::vector<StoredSts> rows{{"late.example", ends(Seconds{300}, "enforce")},
                                    {"soon.example", ends(Seconds{200}, "testing")},
                                    {"over.example", ends(Seconds{100}, "enforce")},
                                    {"none.example", ends(Seconds{200}, "none")},
                                    {"far.example", ends(Seconds{999}, "enforce")},
                                    {"nothing.example", {}}};
  REQUIRE(store.keep_sts(rows));
  const auto found = store.sts_ending(now() + Seconds{100}, now() + Seconds{300}, 9).value();
  REQUIRE(found.first.size() == 2);
  CHECK(found.count == 2);
  CHECK(found.first[0] == rows[1]);
  CHECK(found.first[1] == rows[0]);
  const auto one = store.sts_ending(now(), now() + Seconds{1000}, 1).value();
  CHECK(one.count == 4);
  REQUIRE(one.first.size() == 1);
  CHECK(one.first[0].domain == "over.example");
}

TEST_CASE("store: what is remembered of MTA-STS comes back as it was, also in a later run") {
  const Fixture fixture;
  const std::vector<StoredSts> rows{
      {"a.example", with_policy()}, {"b.example", failing()}, {"c.example", {}}, {"'; --", {}}};
  std::vector<StoredSts> sorted = rows;
  std::ranges::sort(sorted, {}, &StoredSts::domain);
  {
    Store store = fixture.open();
    CHECK(all_sts(store).empty());
    keep(&Store::keep_sts, store, rows);
    CHECK(all_sts(store) == sorted);
    CHECK(store.keep_sts({}));
  }
  Store reader = fixture.open(Store::Access::read_only);
  CHECK(all_sts(reader) == sorted);
}

TEST_CASE("store: a row replaces the one of the same domain, and no other") {
  const Fixture fixture;
  Store store = fixture.open();
  keep(&Store::keep_sts, store, {{"a.example", failing()}, {"b.example", failing()}});
  keep(&Store::keep_sts, store, {{"a.example", {}}});
  CHECK(all_sts(store) == std::vector<StoredSts>{{"a.example", {}}, {"b.example", failing()}});
  keep(&Store::keep_dane, store, {{"a.example", "1", now()}, {"b.example", "2", now()}});
  keep(&Store::keep_dane, store, {{"a.example", "3", now()}});
  CHECK(all_dane(store) ==
        std::vector<StoredDane>{{"a.example", "3", now()}, {"b.example", "2", now()}});
  keep(&Store::keep_correspondents, store, {{"a.example", now(), now(), "log"}});
  keep(&Store::keep_correspondents, store, {{"a.example", now(), now() + Seconds{9}, "live"}});
  CHECK(store.correspondents().value() ==
        std::vector<StoredCorrespondent>{{"a.example", now(), now() + Seconds{9}, "live"}});
}

TEST_CASE("store: DANE memory is opaque, and empty is not nothing") {
  const Fixture fixture;
  Store store = fixture.open();
  const std::vector<StoredDane> rows{{"a.example", std::string{"\0\xFF'\n", 4}, now()},
                                     {"b.example", "", now() + Seconds{1}}};
  keep(&Store::keep_dane, store, rows);
  CHECK(all_dane(store) == rows);
}

TEST_CASE("store: many rows, more than are copied at once") {
  const Fixture fixture;
  Store store = fixture.open();
  for (const std::size_t count : {4095U, 4096U, 4097U, 10000U}) {
    CAPTURE(count);
    std::vector<StoredDane> dane;
    std::vector<StoredSts> sts;
    std::vector<StoredCorrespondent> met;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = std::to_string(100000 + i) + ".example";
      dane.push_back({name, std::to_string(i), now() + Seconds{i}});
      sts.push_back({name, i % 2 == 0 ? with_policy() : failing()});
      met.push_back({name, now(), now() + Seconds{i}, "log"});
      names.push_back(name);
    }
    keep(&Store::keep_dane, store, dane);
    keep(&Store::keep_sts, store, sts);
    keep(&Store::keep_correspondents, store, met);
    CHECK((all_dane(store) == dane));
    CHECK((all_sts(store) == sts));
    CHECK((store.correspondents().value() == met));
    CHECK(store.forget_domains(names));
    CHECK(all_dane(store).empty());
    CHECK(all_sts(store).empty());
    CHECK(store.correspondents().value().empty());
  }
}

TEST_CASE("store: a batch is kept whole or not at all") {
  const Fixture fixture;
  {
    Store store = fixture.open();
    keep(&Store::keep_dane, store, {{"a.example", "1", now()}});
  }
  fixture.execute(
      "CREATE TRIGGER no_c BEFORE INSERT ON dane WHEN NEW.domain = 'c.example' "
      "BEGIN SELECT RAISE(ABORT, 'no'); END");
  Store store = fixture.open();
  const std::vector<StoredDane> rows{{"a.example", "2", now()}, {"c.example", "2", now()}};
  const auto kept = store.keep_dane(rows);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == Errc::io);
  CHECK(all_dane(store) == std::vector<StoredDane>{{"a.example", "1", now()}});
}

TEST_CASE("store: a forgotten domain is forgotten everywhere") {
  const Fixture fixture;
  Store store = fixture.open();
  for (const std::string name : {"a.example", "b.example"}) {
    keep(&Store::keep_sts, store, {{name, failing()}});
    keep(&Store::keep_dane, store, {{name, "x", now()}});
    keep(&Store::keep_correspondents, store, {{name, now(), now(), "log"}});
  }
  REQUIRE(store.forget_domain("a.example"));
  REQUIRE(store.forget_domain("never.example"));
  REQUIRE(all_sts(store).size() == 1);
  CHECK(all_sts(store)[0].domain == "b.example");
  CHECK(all_dane(store).size() == 1);
  CHECK(store.correspondents().value().size() == 1);
}

TEST_CASE("store: a text that is no policy any more is left out, the rest of its row stays") {
  const Fixture fixture;
  {
    Store store = fixture.open();
    keep(&Store::keep_sts, store, {{"a.example", failing()}});
  }
  for (const std::string change :
       {"text = x'00'", "text = NULL", "fetched = NULL", "text = 'version: STSv2'"}) {
    CAPTURE(change);
    fixture.execute("UPDATE sts SET " + change + ", fault = 99");
    Store store = fixture.open();
    const auto rows = all_sts(store);
    REQUIRE(rows.size() == 1);
    CHECK_FALSE(rows[0].state.cached);
    CHECK(rows[0].state.pending_id == "20261102");
    CHECK(rows[0].state.fault == StsFault::fetch_error);
    keep(&Store::keep_sts, store, {{"a.example", failing()}});
  }
}

TEST_CASE("store: one of version 2 gets the new tables and keeps what it has") {
  const Fixture fixture;
  const std::vector<StoredFile> files{{"a.toml", "the agreement"}};
  {
    Store store = fixture.open();
    REQUIRE(store.keep_agreements(files));
  }
  for (const char* statement :
       {"DROP TABLE sts", "DROP TABLE dane", "DROP TABLE correspondent", "PRAGMA user_version = 2"})
    fixture.execute(statement);
  {
    // Until a run that writes brings it up to date, it reads as empty.
    Store reader = fixture.open(Store::Access::read_only);
    CHECK(all_sts(reader).empty());
  }
  Store store = fixture.open();
  CHECK(store.agreements().value() == files);
  keep(&Store::keep_sts, store, {{"a.example", failing()}});
  CHECK(all_sts(store).size() == 1);
}

TEST_CASE("store: without a file there is nothing to read, and nowhere to write") {
  const Fixture fixture;
  Store store = fixture.open(Store::Access::read_only);
  CHECK(all_sts(store).empty());
  CHECK(all_dane(store).empty());
  CHECK(store.correspondents().value().empty());
  const std::vector<StoredSts> rows{{"a.example", {}}};
  CHECK_FALSE(store.keep_sts(rows));
  CHECK_FALSE(store.keep_dane({}));
  CHECK_FALSE(store.keep_correspondents({}));
  CHECK_FALSE(store.forget_domain("a.example"));
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/store/store.h"

#include <algorithm>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using Names = std::vector<std::string>;

/// A store in a directory of its own.
class Fixture {
 public:
  [[nodiscard]] std::filesystem::path path(const std::string& name) const {
    return directory_.path() / name;
  }
  [[nodiscard]] Store open(Store::Access access = Store::Access::read_write) const {
    Notices notices;
    auto store = Store::open(path("tlspact.db"), access, test::now(), notices);
    INFO((store ? "" : store.error().text));
    REQUIRE(store);
    CHECK(notices.empty());
    return *std::move(store);
  }
  /// Keeps a list with these bytes.
  void keep(Store& store, const StoredList& list, const std::string& bytes) const {
    test::write(path("new.json"), bytes);
    const auto kept = store.keep_list(list, path("new.json"));
    INFO((kept ? "" : kept.error().text));
    REQUIRE(kept);
  }
  /// The bytes of a list in the store.
  [[nodiscard]] std::string bytes(Store& store, const std::string& name) const {
    const auto list = store.list(name);
    REQUIRE(list);
    REQUIRE(*list);
    return test::read(store.list_file(**list));
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

StoredList record(const std::string& name) {
  return {.name = name,
          .url = "https://lists.example/" + name + ".json",
          .primary_key = "EFBE2748AB1B9B960A3AEA9D1033B8139D171D67",
          .signature = std::string{"\x89\x00\xFF'\n", 5},
          .sha256 = std::string(64 - name.size(), 'a') + name,
          .timestamp = test::now() - std::chrono::days{10},
          .fetched = test::now(),
          .etag = "\"abc\"",
          .last_modified = "Sun, 01 Nov 2026 00:00:00 GMT"};
}

void check_equal(const std::optional<StoredList>& stored, const StoredList& expected) {
  REQUIRE(stored);
  CHECK(stored->name == expected.name);
  CHECK(stored->url == expected.url);
  CHECK(stored->primary_key == expected.primary_key);
  CHECK(stored->signature == expected.signature);
  CHECK(stored->sha256 == expected.sha256);
  CHECK(stored->timestamp == expected.timestamp);
  CHECK(stored->fetched == expected.fetched);
  CHECK(stored->etag == expected.etag);
  CHECK(stored->last_modified == expected.last_modified);
}

/// Bytes that are no text and repeat with no power of two.
std::string noise(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<char>((i * 2654435761U >> 7) % 251);
  return out;
}

TEST_CASE("A new store is empty") {
  const Fixture fixture;
  Store store = fixture.open();
  CHECK_FALSE(store.list("community").value());
  CHECK(store.agreements().value().empty());
  CHECK(store.keep_only_lists({}));
}

TEST_CASE(
    "A list comes back as it was kept, whatever its size, and after the store was opened anew") {
  const Fixture fixture;
  constexpr std::size_t kPiece = 1UL << 20;
  for (const std::size_t size :
       {std::size_t{1}, kPiece - 1, kPiece, kPiece + 1, 2 * kPiece, 2 * kPiece + 12345}) {
    CAPTURE(size);
    const StoredList list = record("community");
    const std::string bytes = noise(size);
    {
      Store store = fixture.open();
      fixture.keep(store, list, bytes);
      check_equal(store.list("community").value(), list);
      CHECK((fixture.bytes(store, "community") == bytes));
    }
    Store again = fixture.open();
    check_equal(again.list("community").value(), list);
    CHECK((fixture.bytes(again, "community") == bytes));
    Store read_only = fixture.open(Store::Access::read_only);
    check_equal(read_only.list("community").value(), list);
    CHECK((fixture.bytes(read_only, "community") == bytes));
  }
}

TEST_CASE("A list without a signature, an etag or any bytes comes back as it was kept") {
  const Fixture fixture;
  Store store = fixture.open();
  StoredList list = record("plain");
  list.primary_key.clear();
  list.signature.clear();
  list.etag.clear();
  list.last_modified.clear();
  fixture.keep(store, list, "{}");
  check_equal(store.list("plain").value(), list);
  CHECK(fixture.bytes(store, "plain") == "{}");
  fixture.keep(store, list, "");
  check_equal(store.list("plain").value(), list);
  CHECK(fixture.bytes(store, "plain").empty());
}

TEST_CASE("A list is replaced as a whole") {
  const Fixture fixture;
  Store store = fixture.open();
  fixture.keep(store, record("one"), noise(3UL << 20));
  fixture.keep(store, record("two"), "two");
  StoredList next = record("one");
  next.url = "/var/lists/one.json";
  next.sha256 = std::string(64, 'b');
  next.timestamp = test::now();
  next.etag = "";
  fixture.keep(store, next, "short");
  check_equal(store.list("one").value(), next);
  CHECK(fixture.bytes(store, "one") == "short");
  CHECK(fixture.bytes(store, "two") == "two");

  // A file that cannot be read changes nothing.
  CHECK_FALSE(store.keep_list(record("one"), fixture.path("none.json")));
  check_equal(store.list("one").value(), next);
  CHECK(fixture.bytes(store, "one") == "short");
}

TEST_CASE("Touching a list brings up to date when and how it was fetched, and nothing else") {
  const Fixture fixture;
  Store store = fixture.open();
  const StoredList list = record("one");
  fixture.keep(store, list, "bytes");
  fixture.keep(store, record("two"), "two");
  StoredList touched = record("one");
  touched.fetched = test::now() + std::chrono::hours{6};
  touched.etag = "\"def\"";
  touched.last_modified = "";
  touched.url = "https://evil.example/";
  touched.sha256 = "x";
  touched.signature = "x";
  touched.timestamp = test::now();
  REQUIRE(store.touch_list(touched));
  StoredList expected = list;
  expected.fetched = touched.fetched;
  expected.etag = touched.etag;
  expected.last_modified = touched.last_modified;
  check_equal(store.list("one").value(), expected);
  CHECK(fixture.bytes(store, "one") == "bytes");
  check_equal(store.list("two").value(), record("two"));

  REQUIRE(store.touch_list(record("never kept")));
  CHECK_FALSE(store.list("never kept").value());
}

TEST_CASE("Lists that are no longer configured are forgotten") {
  const Fixture fixture;
  Store store = fixture.open();
  for (const std::string& name : Names{"one", "two", "three"})
    fixture.keep(store, record(name), name);
  Names names = store.list_names().value();
  std::ranges::sort(names);
  CHECK(names == Names{"one", "three", "two"});
  REQUIRE(store.keep_only_lists({"two", "four"}));
  CHECK(store.list_names().value() == Names{"two"});
  CHECK_FALSE(store.list("one").value());
  CHECK_FALSE(store.list("three").value());
  check_equal(store.list("two").value(), record("two"));
  CHECK(fixture.bytes(store, "two") == "two");
  // Its pieces are gone as well: a list of the same name begins anew.
  fixture.keep(store, record("one"), "new");
  CHECK(fixture.bytes(store, "one") == "new");
  REQUIRE(store.keep_only_lists({}));
  CHECK_FALSE(store.list("two").value());
}

TEST_CASE("Agreements are replaced all together and come back in name order") {
  const Fixture fixture;
  const std::vector<StoredFile> files{{"b.toml", "b"}, {"a.toml", std::string{"a\0\xFF", 3}}};
  {
    Store store = fixture.open();
    REQUIRE(store.keep_agreements(files));
    CHECK(store.agreements().value() == std::vector<StoredFile>{files[1], files[0]});
  }
  Store store = fixture.open();
  CHECK(store.agreements().value() == std::vector<StoredFile>{files[1], files[0]});
  REQUIRE(store.keep_agreements({{"c.toml", noise(3UL << 20)}}));
  CHECK((store.agreements().value() == std::vector<StoredFile>{{"c.toml", noise(3UL << 20)}}));

  // A name twice cannot be kept; then the ones before stay.
  CHECK_FALSE(store.keep_agreements({{"x.toml", "1"}, {"x.toml", "2"}}));
  CHECK((store.agreements().value() == std::vector<StoredFile>{{"c.toml", noise(3UL << 20)}}));
  REQUIRE(store.keep_agreements({}));
  CHECK(store.agreements().value().empty());
}

TEST_CASE("An empty agreement file is kept like any other") {
  const Fixture fixture;
  Store store = fixture.open();
  const std::vector<StoredFile> files{{"a.toml", "a"}, {"empty.toml", ""}};
  const auto kept = store.keep_agreements(files);
  INFO((kept ? "" : kept.error().text));
  REQUIRE(kept);
  CHECK(store.agreements().value() == files);
}

TEST_CASE("Text is bound, never built into SQL") {
  const Fixture fixture;
  Store store = fixture.open();
  const Names names{"x'; DROP TABLE list; --", "\"", "?", "%s %1%", "{}", ":name", "\\", "Zoë"};
  for (const std::string& name : names) {
    CAPTURE(name);
    StoredList list = record(name);
    list.url = name;
    list.etag = name;
    list.last_modified = name;
    fixture.keep(store, list, name);
    REQUIRE(store.touch_list(list));
    check_equal(store.list(name).value(), list);
    CHECK(fixture.bytes(store, name) == name);
    REQUIRE(store.keep_agreements({{name, name}}));
    CHECK(store.agreements().value() == std::vector<StoredFile>{{name, name}});
  }
  REQUIRE(store.keep_only_lists(names));
  for (const std::string& name : names)
    CHECK(store.list(name).value());
}

TEST_CASE("Times are kept to the second, however far away") {
  const Fixture fixture;
  Store store = fixture.open();
  for (const char* text : {"1970-01-01T00:00:00Z", "1901-01-01T00:00:00Z", "2038-01-19T03:14:08Z",
                           "9999-12-31T23:59:59Z"}) {
    StoredList list = record("one");
    list.timestamp = parse_rfc3339(text).value();
    list.fetched = list.timestamp + Seconds{1};
    fixture.keep(store, list, "x");
    check_equal(store.list("one").value(), list);
  }
}

}  // namespace
}  // namespace tlspact

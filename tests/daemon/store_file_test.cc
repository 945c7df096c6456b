// SPDX-License-Identifier: MIT
/// The store as a file: who may read it, what happens when it is damaged, missing or too new.
#include <sys/stat.h>

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "daemon/store/sql.h"
#include "daemon/store/store.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using Access = Store::Access;
namespace fs = std::filesystem;

const std::vector<StoredFile> kFiles{{"a.toml", "the agreement"}};

const std::vector<StoredSts> kSts{{"a.example", {}}};
const std::vector<StoredDane> kDane{{"a.example", "bytes", test::now()}};
const std::vector<StoredCorrespondent> kMet{{"a.example", test::now(), test::now(), "log"}};

/// How many domains a store knows, in all its tables of look-ups.
std::size_t domains_in(Store& store) {
  std::size_t count = 0;
  REQUIRE(store.each_sts([&](const StoredSts&) { ++count; }));
  REQUIRE(store.each_dane([&](const StoredDane&) { ++count; }));
  return count + store.correspondents().value().size();
}

/// A directory for a store; `make` leaves a good one with kFiles in it, closed.
class Fixture {
 public:
  [[nodiscard]] fs::path directory() const { return directory_.path(); }
  [[nodiscard]] fs::path file() const { return directory() / "state" / "tlspact.db"; }

  Result<Store> open(Access access) {
    notices.clear();
    return Store::open(file(), access, test::now(), notices);
  }
  void make(std::size_t more = 0) {
    auto store = open(Access::read_write);
    REQUIRE(store);
    std::vector<StoredFile> files = kFiles;
    if (more > 0) files.push_back({"b.toml", std::string(more, 'b')});
    REQUIRE(store->keep_agreements(files));
    REQUIRE(store->keep_sts(kSts));
    REQUIRE(store->keep_dane(kDane));
    REQUIRE(store->keep_correspondents(kMet));
    if (more > 0) REQUIRE(store->keep_agreements(kFiles));
  }
  /// The names beside the store file.
  [[nodiscard]] std::vector<std::string> beside() const {
    std::vector<std::string> out;
    for (const auto& each : fs::directory_iterator{file().parent_path()})
      out.push_back(each.path().filename().string());
    std::ranges::sort(out);
    return out;
  }

  Notices notices;

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

/// Another umask, until the end of the scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  Umask(Umask&&) = delete;
  Umask& operator=(Umask&&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

/// Rights that do not override modes, until the end of the scope: root goes on as nobody, with root
/// as the saved identity only.
class WithoutRoot {
 public:
  WithoutRoot() {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && ::setresuid(kNobody, kNobody, 0) != 0) throw std::runtime_error("setresuid");
  }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;
  WithoutRoot(WithoutRoot&&) = delete;
  WithoutRoot& operator=(WithoutRoot&&) = delete;
  ~WithoutRoot() {
    if (was_root_) static_cast<void>(::setresuid(0, 0, 0));
  }

 private:
  bool was_root_ = ::geteuid() == 0;
};

mode_t mode_of(const fs::path& file) {
  struct stat status{};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void set_mode(const fs::path& file, mode_t mode) {
  REQUIRE(::chmod(file.c_str(), mode) == 0);
}

TEST_CASE("What went wrong in SQLite is said once") {
  CHECK(sql_fault("disk I/O error: disk I/O error") == "disk I/O error");
  CHECK(sql_fault("disk I/O error: disk full") == "disk I/O error: disk full");
  for (const char* text : {"", "x", ": ", "a: b", "database is locked"})
    CHECK(sql_fault(text) == text);
}

TEST_CASE("The store's file has mode 0640 whatever the umask") {
  for (const mode_t mask : {0U, 022U, 027U, 077U, 0777U}) {
    CAPTURE(mask);
    Fixture fixture;
    fs::create_directory(fixture.file().parent_path());
    const Umask umask{mask};
    auto store = fixture.open(Access::read_write);
    REQUIRE(store);
    REQUIRE(store->keep_agreements(kFiles));
    CHECK(mode_of(fixture.file()) == 0640);
    for (const char* suffix : {"-wal", "-shm"}) {
      const fs::path other = fixture.file().string() + suffix;
      if (fs::exists(other)) CHECK((mode_of(other) & 07) == 0);
    }
  }
}

TEST_CASE("A store that is not there reads as empty and is not made") {
  Fixture fixture;
  auto store = fixture.open(Access::read_only);
  REQUIRE(store);
  CHECK(fixture.notices.empty());
  CHECK_FALSE(store->list("community").value());
  CHECK(store->agreements().value().empty());
  CHECK_FALSE(fs::exists(fixture.file().parent_path()));
}

TEST_CASE("Writing to a store that was opened to be read is an error") {
  Fixture fixture;
  fixture.make();
  auto store = fixture.open(Access::read_only);
  REQUIRE(store);
  const auto kept = store->keep_agreements({});
  REQUIRE_FALSE(kept);
  CHECK(kept.error().code == Errc::io);
  CHECK(kept.error().text.contains(fixture.file().string()));
  CHECK(store->agreements().value() == kFiles);
}

TEST_CASE("Writing to a store that is not there and was opened to be read is an error") {
  Fixture fixture;
  auto store = fixture.open(Access::read_only);
  REQUIRE(store);
  CHECK_FALSE(store->keep_agreements(kFiles));
  CHECK_FALSE(store->keep_only_lists({}));
  CHECK_FALSE(store->touch_list({.name = "x"}));
}

TEST_CASE("A store can be read in a directory that its reader cannot write") {
  Fixture fixture;
  fixture.make();
  set_mode(fixture.directory(), 0755);
  set_mode(fixture.file().parent_path(), 0555);
  set_mode(fixture.file(), 0444);
  {
    const WithoutRoot rights;
    auto store = fixture.open(Access::read_only);
    INFO((store ? "" : store.error().text));
    REQUIRE(store);
    CHECK(fixture.notices.empty());
    CHECK(store->agreements().value() == kFiles);

    const auto writable = fixture.open(Access::read_write);
    REQUIRE_FALSE(writable);
    CHECK(writable.error().code == Errc::io);
    CHECK(writable.error().text.contains(fixture.file().string()));
  }
  set_mode(fixture.file().parent_path(), 0755);
}

TEST_CASE("A store that its user may not read is an error, not a damaged one") {
  Fixture fixture;
  fixture.make();
  const std::string before = test::read(fixture.file());
  set_mode(fixture.directory(), 0755);
  set_mode(fixture.file(), 0);
  {
    const WithoutRoot rights;
    for (const Access access : {Access::read_only, Access::read_write}) {
      const auto store = fixture.open(access);
      REQUIRE_FALSE(store);
      CHECK(store.error().code == Errc::io);
    }
  }
  set_mode(fixture.file(), 0640);
  CHECK((test::read(fixture.file()) == before));
  CHECK(fixture.beside() == std::vector<std::string>{"tlspact.db"});
}

TEST_CASE("A store is read while another process has it open, with what was committed") {
  Fixture fixture;
  auto writer = fixture.open(Access::read_write);
  REQUIRE(writer);
  REQUIRE(writer->keep_agreements(kFiles));
  auto reader = fixture.open(Access::read_only);
  REQUIRE(reader);
  CHECK(reader->agreements().value() == kFiles);
}

TEST_CASE("What was committed is there after a crash") {
  Fixture fixture;
  Fixture after;
  fs::create_directory(after.file().parent_path());
  {
    auto store = fixture.open(Access::read_write);
    REQUIRE(store);
    REQUIRE(store->keep_agreements(kFiles));
    // As the disk would be found: the files of a store that nobody closed.
    for (const std::string name : {"tlspact.db", "tlspact.db-wal"}) {
      REQUIRE(fs::exists(fixture.file().parent_path() / name));
      fs::copy_file(fixture.file().parent_path() / name, after.file().parent_path() / name);
    }
  }
  for (const Access access : {Access::read_only, Access::read_write}) {
    auto store = after.open(access);
    REQUIRE(store);
    CHECK(after.notices.empty());
    CHECK(store->agreements().value() == kFiles);
  }
}

TEST_CASE("A damaged store is set aside with an alert and a new one begun") {
  Fixture fixture;
  fixture.make(3UL << 20);
  std::string bytes = test::read(fixture.file());
  REQUIRE(bytes.size() > 8192);
  SECTION("noise") {
    bytes = std::string(8192, '\x5A');
  }
  SECTION("text") {
    bytes = "This is not a database.\n";
  }
  SECTION("cut in half") {
    bytes.resize(bytes.size() / 2);
  }
  SECTION("cut inside its first page") {
    bytes.resize(1000);
  }
  SECTION("its first page overwritten") {
    std::fill_n(bytes.begin() + 100, 3996, '\xFF');
  }
  SECTION("all but its first page overwritten") {
    std::fill(bytes.begin() + 4096, bytes.end(), '\xFF');
  }
  test::write(fixture.file(), bytes);

  auto reader = fixture.open(Access::read_only);
  REQUIRE(reader);
  REQUIRE(fixture.notices.size() == 1);
  CHECK(fixture.notices[0].severity == Severity::alert);
  CHECK(fixture.notices[0].text.contains("damaged"));
  CHECK(reader->agreements().value().empty());
  CHECK(domains_in(*reader) == 0);
  CHECK((test::read(fixture.file()) == bytes));

  {
    auto store = fixture.open(Access::read_write);
    INFO((store ? "" : store.error().text));
    REQUIRE(store);
    REQUIRE(fixture.notices.size() == 1);
    CHECK(fixture.notices[0].severity == Severity::alert);
    CHECK(fixture.notices[0].subject == fixture.file().string());
    CHECK(store->agreements().value().empty());
    CHECK(domains_in(*store) == 0);
    CHECK(store->keep_agreements(kFiles));
    CHECK(store->keep_sts(kSts));
    CHECK(store->keep_dane(kDane));
    CHECK(store->keep_correspondents(kMet));
  }
  const std::string aside = "tlspact.db.damaged-1793491200";
  CHECK(fixture.notices[0].text.contains(aside));
  CHECK(fixture.beside() == std::vector<std::string>{"tlspact.db", aside});
  CHECK_FALSE(test::read(fixture.file().string() + ".damaged-1793491200").empty());
  auto again = fixture.open(Access::read_write);
  REQUIRE(again);
  CHECK(fixture.notices.empty());
  CHECK(again->agreements().value() == kFiles);
  CHECK(domains_in(*again) == 3);
}

TEST_CASE("An empty file is a new store") {
  Fixture fixture;
  test::write(fixture.file(), "");
  for (const Access access : {Access::read_only, Access::read_write}) {
    auto store = fixture.open(access);
    REQUIRE(store);
    CHECK(fixture.notices.empty());
    const auto agreements = store->agreements();
    INFO((agreements ? "" : agreements.error().text));
    REQUIRE(agreements);
    CHECK(agreements->empty());
  }
}

TEST_CASE("Alerts of a store of version 5 are taken over") {
  Fixture fixture;
  fixture.make();
  const StoredAlerts alerts{.records = {{.cause = "x: refused",
                                         .subject = "x",
                                         .text = "refused",
                                         .since = test::now(),
                                         .seen = test::now(),
                                         .missed = {},
                                         .ended = {}}},
                            .pending = {}};
  {
    auto store = fixture.open(Access::read_write);
    REQUIRE(store);
    REQUIRE(store->keep_alerts(alerts));
  }
  {
    Poco::Data::Session sql{"SQLite", fixture.file().string()};
    sql << "ALTER TABLE alert DROP COLUMN missed", Poco::Data::Keywords::now;
    sql << "PRAGMA user_version = 5", Poco::Data::Keywords::now;
  }
  auto store = fixture.open(Access::write_beside);
  REQUIRE(store);
  const auto kept = store->alerts();
  REQUIRE(kept);
  CHECK(*kept == alerts);
}

TEST_CASE("A store of a newer tlspact is refused and not touched") {
  Fixture fixture;
  fixture.make();
  std::string bytes = test::read(fixture.file());
  bytes[63] = 99;  // the last byte of SQLite's user_version
  test::write(fixture.file(), bytes);
  for (const Access access : {Access::read_write, Access::read_only}) {
    const auto store = fixture.open(access);
    REQUIRE_FALSE(store);
    CHECK(store.error().code == Errc::io);
    CHECK(store.error().text.contains("newer"));
    CHECK(fixture.notices.empty());
    CHECK((test::read(fixture.file()) == bytes));
    CHECK(fixture.beside() == std::vector<std::string>{"tlspact.db"});
  }
}

TEST_CASE("What cannot be a store is an error and left alone") {
  Fixture fixture;
  SECTION("a directory in its place") {
    fs::create_directories(fixture.file());
    const auto store = fixture.open(Access::read_write);
    REQUIRE_FALSE(store);
    CHECK(store.error().code == Errc::io);
    CHECK(fs::is_directory(fixture.file()));
  }
  SECTION("a file where its directory should be") {
    test::write(fixture.file().parent_path(), "x");
    const auto store = fixture.open(Access::read_write);
    REQUIRE_FALSE(store);
    CHECK(store.error().code == Errc::io);
    CHECK(test::read(fixture.file().parent_path()) == "x");
  }
}

TEST_CASE("A store is found by its name, whatever characters are in it") {
  for (const std::string name : {"a b", "100%", "a%20b", "what?", "what?mode=memory", "a#b", "ü"}) {
    CAPTURE(name);
    const TempDirectory directory = TempDirectory::make().value();
    const fs::path file = directory.path() / name / "tlspact.db";
    Notices notices;
    {
      auto store = Store::open(file, Access::read_write, test::now(), notices);
      REQUIRE(store);
      REQUIRE(store->keep_agreements(kFiles));
    }
    auto store = Store::open(file, Access::read_only, test::now(), notices);
    INFO((store ? "" : store.error().text));
    CHECK(store);
    if (!store) continue;
    const auto agreements = store->agreements();
    CHECK((agreements && *agreements == kFiles));
  }
}

}  // namespace
}  // namespace tlspact

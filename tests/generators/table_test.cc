// SPDX-License-Identifier: MIT
#include "generators/table/table.h"
#include "generators/table/checksum.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <random>

#include "generators/process/subprocess.h"
#include "generators/table/file.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;

namespace {

const Rows kRows{{".b.example", "encrypt"},
                 {"a.example", "secure match=mx.a.example"},
                 {"z.example", std::string(99000, 'x')}};

std::vector<TableType> types() {
  std::vector<TableType> out{TableType::cdb, TableType::lmdb, TableType::texthash};
  if (!find_program("postmap").empty()) out.push_back(TableType::hash);
  return out;
}

std::filesystem::path path_of(const TempDirectory& directory, TableType type) {
  return directory.path() / ("map" + std::string{table_extension(type)});
}

}  // namespace

TEST_CASE("tables are read back as they were written") {
  const auto directory = TempDirectory::make().value();
  for (const TableType type : types()) {
    INFO(table_type_name(type));
    for (const Rows& rows : {Rows{}, kRows}) {
      const auto path = path_of(directory, type);
      std::filesystem::remove(path);
      const auto written = write_table(type, path, rows);
      if (!written) FAIL(written.error().text);
      CHECK(read_table(type, path) == rows);
      struct stat status{};
      REQUIRE(::stat(path.c_str(), &status) == 0);
      CHECK((status.st_mode & 07777) == 0644);
      CHECK(status.st_mtime > 0);
    }
  }
}

TEST_CASE("the mode does not follow the umask") {
  const auto directory = TempDirectory::make().value();
  const mode_t before = ::umask(0077);
  for (const TableType type : {TableType::cdb, TableType::lmdb, TableType::texthash}) {
    const auto path = path_of(directory, type);
    REQUIRE(write_table(type, path, kRows));
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::others_read) !=
          std::filesystem::perms::none);
  }
  ::umask(before);
}

TEST_CASE("the same rows give the same bytes") {
  const auto directory = TempDirectory::make().value();
  for (const TableType type : {TableType::cdb, TableType::lmdb, TableType::texthash}) {
    INFO(table_type_name(type));
    const auto one = directory.path() / "one";
    const auto two = directory.path() / "two";
    REQUIRE(write_table(type, one, kRows));
    REQUIRE(write_table(type, two, kRows));
    CHECK(test::read(one) == test::read(two));
    std::filesystem::remove(one);
    std::filesystem::remove(two);
  }
}

TEST_CASE("a file that is there already is not written over") {
  const auto directory = TempDirectory::make().value();
  for (const TableType type : {TableType::cdb, TableType::lmdb, TableType::texthash}) {
    const auto path = path_of(directory, type);
    test::write(path, "mine");
    CHECK_FALSE(write_table(type, path, kRows));
    CHECK(test::read(path) == "mine");
  }
}

TEST_CASE("cdb keys and values have no trailing NUL, lmdb ones have") {
  const auto directory = TempDirectory::make().value();
  const Rows rows{{"a.example", "may"}};
  REQUIRE(write_table(TableType::cdb, directory.path() / "c", rows));
  CHECK(test::read(directory.path() / "c").contains("a.examplemay"));
  REQUIRE(write_table(TableType::lmdb, directory.path() / "l", rows));
  CHECK(test::read(directory.path() / "l").contains(std::string("a.example\0may\0", 14)));
}

TEST_CASE("truncated and foreign files are refused, never crashed on") {
  const auto directory = TempDirectory::make().value();
  const auto whole = directory.path() / "whole";
  const auto cut = directory.path() / "cut";
  REQUIRE(write_table(TableType::cdb, whole, {{"a.example", "may"}, {"b.example", "encrypt"}}));
  const std::string bytes = test::read(whole);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    test::write(cut, bytes.substr(0, size));
    const auto rows = read_table(TableType::cdb, cut);
    if (rows) FAIL_CHECK("a cdb of " << size << " of " << bytes.size() << " bytes was read");
  }
  test::write(cut, "");
  CHECK_FALSE(read_table(TableType::lmdb, cut));
  test::write(cut, std::string(8192, 'x'));
  CHECK_FALSE(read_table(TableType::lmdb, cut));
  CHECK_FALSE(read_table(TableType::cdb, cut));
  test::write(cut, "a.example may\nb.exam");
  CHECK_FALSE(read_table(TableType::texthash, cut));
  CHECK(read_table(TableType::cdb, directory.path() / "none").error().code == Errc::no_input);
}

TEST_CASE("a cdb whose lengths overflow is refused") {
  const auto directory = TempDirectory::make().value();
  const auto whole = directory.path() / "whole";
  const auto bad = directory.path() / "bad";
  REQUIRE(write_table(TableType::cdb, whole, {{"a.example", "may"}, {"b.example", "encrypt"}}));
  const std::string bytes = test::read(whole);
  constexpr std::size_t kFirstRecord = 2048;
  // As a disk leaves them: key and value lengths that add up beyond 32 bits.
  for (const auto& [key, value] : {std::pair{0xFFFFF000U, 0x00001000U},
                                   {0x80000000U, 0x80000000U},
                                   {0xFFFFFFFFU, 9U},
                                   {9U, 0xFFFFFFF0U}}) {
    std::string damaged = bytes;
    for (std::size_t i = 0; i < 4; ++i) {
      damaged[kFirstRecord + i] = static_cast<char>(key >> 8 * i);
      damaged[kFirstRecord + 4 + i] = static_cast<char>(value >> 8 * i);
    }
    test::write(bad, damaged);
    CHECK_FALSE(read_table(TableType::cdb, bad));
  }
}

TEST_CASE("a kept copy is what it was, by its checksum") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "kept";
  test::write(file, "secure match=mx.acme.example");
  CHECK(verify_checksum(file));  // it has none
  REQUIRE(write_checksum(file));
  CHECK(verify_checksum(file));
  test::write(file, "encryp match=mx.acme.example");
  const auto verdict = verify_checksum(file);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().code == Errc::bad_input);
}

TEST_CASE("a digest of rows as text") {
  RowDigest digest;
  CHECK(RowDigest::parse(digest.text()) == digest);
  digest.add("a.example", "may");
  digest.add("b.example", "encrypt");
  CHECK(RowDigest::parse(digest.text()) == digest);
  CHECK(RowDigest::parse(digest.text())->rows() == 2);
  CHECK_FALSE(RowDigest::parse(digest.text()) == RowDigest{});
  for (const char* bad : {"", "/", "12", "12/", "/2", "12/x", "12/2 ", "x/2", "12-2"}) {
    INFO(bad);
    CHECK_FALSE(RowDigest::parse(bad));
  }
}

TEST_CASE("an lmdb that is cut off anywhere is refused, for reading on would end the process") {
  const auto directory = TempDirectory::make().value();
  const auto whole = directory.path() / "whole";
  const auto cut = directory.path() / "cut";
  for (const Rows& rows : {Rows{}, Rows{{"a.example", "may"}, {"b.example", "encrypt"}}, kRows}) {
    std::filesystem::remove(whole);
    REQUIRE(write_table(TableType::lmdb, whole, rows));
    const std::string bytes = test::read(whole);
    for (std::size_t size = 0; size < bytes.size(); size += 512) {
      test::write(cut, bytes.substr(0, size));
      const auto read = read_table(TableType::lmdb, cut);
      if (read) {
        FAIL_CHECK("an lmdb of " << size << " of " << bytes.size() << " bytes was read");
      } else {
        CHECK(read.error().code == Errc::bad_input);
      }
    }
    INFO("either of the two heads is not one");
    for (const std::size_t at : {std::size_t{16}, std::size_t{4096 + 16}}) {
      test::write(cut, std::string{bytes}.replace(at, 1, "x"));
      CHECK_FALSE(read_table(TableType::lmdb, cut));
    }
    CHECK(read_table(TableType::lmdb, whole) == rows);
  }
  CHECK(read_table(TableType::lmdb, directory.path() / "none").error().code == Errc::no_input);
}

TEST_CASE("a table for which there is no room says so, and no limit that is not reached") {
  const auto directory = TempDirectory::make().value();
  struct rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto written = write_table(TableType::cdb, directory.path() / "cdb", kRows);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(written);
  CHECK(written.error().text.contains("File too large"));
  CHECK_FALSE(written.error().text.contains("4 GiB"));
}

TEST_CASE("an error of the system comes with a remedy that helps") {
  const auto text = [](int error) {
    errno = error;
    return io_error("/d/file", "written").error().text;
  };
  CHECK(text(ENOSPC).ends_with("No space left on device; make room there and run again"));
  const bool root = ::geteuid() == 0;
  CHECK(text(EPERM).contains("lsattr"));
  CHECK(text(EPERM).contains("as root") == !root);
  CHECK(text(EACCES).contains("run tlspact as root or as the owner of /d") == !root);
}

TEST_CASE("an lmdb that is damaged is refused or read, and never ends the process") {
  const auto directory = TempDirectory::make().value();
  const auto whole = directory.path() / "whole";
  const auto damaged = directory.path() / "damaged";
  Rows rows;
  for (int i = 0; i < 400; ++i)
    rows.push_back({"d" + std::to_string(1000 + i) + ".example",
                    std::string(static_cast<std::size_t>(i % 200), 'v')});
  rows.push_back({"z.example", std::string(9000, 'x')});  // on pages of its own
  REQUIRE(write_table(TableType::lmdb, whole, rows));
  CHECK(read_table(TableType::lmdb, whole) == rows);
  const std::string bytes = test::read(whole);
  std::size_t refused = 0;
  const auto look = [&](const std::string& with) {
    test::write(damaged, with);
    if (!read_table(TableType::lmdb, damaged)) ++refused;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 512)
    look(std::string{bytes}.replace(at, 512, std::string(512, '\0')));
  CHECK(refused > 10);  // the heads of most pages; a page that is free says nothing
  std::mt19937 random{20261124};
  for (int round = 0; round < 500; ++round) {
    std::string with = bytes;
    for (int i = 0; i < 3; ++i)
      with[random() % with.size()] = static_cast<char>(random());
    look(with);
  }
}

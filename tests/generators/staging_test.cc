// SPDX-License-Identifier: MIT
#include "generators/install/staging.h"

#include <sys/stat.h>

#include "generators/entry_rows.h"
#include "generators/install/row_changes.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;
namespace fs = std::filesystem;

namespace {

std::vector<Artifact> artifacts(const fs::path& directory, const Rows& rows) {
  const auto shared = fixed_rows(rows);
  return {{directory / "map.cdb", TableContent{TableType::cdb, shared}, "Postfix"},
          {directory / "map", TableContent{TableType::texthash, shared}, "Postfix"},
          {directory / "no_ca.pem", std::string{"pem\n"}, "Exim"}};
}

std::vector<RowChange> all_changes(const StagedArtifact& artifact) {
  std::vector<RowChange> out;
  each_row_change(artifact, [&](const RowChange& change) {
    out.push_back(change);
    return true;
  });
  return out;
}

Result<void> install(const std::vector<Artifact>& files, const Staging::Place& place = {}) {
  auto staging = Staging::stage(files, place);
  if (!staging) return std::unexpected(staging.error());
  return staging->commit();
}

struct stat status_of(const fs::path& path) {
  struct stat out{};
  REQUIRE(::stat(path.c_str(), &out) == 0);
  return out;
}

std::size_t file_count(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, {}));
}

const Rows kOld{{"a.example", "may"}, {"b.example", "encrypt"}};
const Rows kNew{{"a.example", "may"}, {"b.example", "dane"}, {"c.example", "none"}};

}  // namespace

TEST_CASE("artifacts are put in place and nothing is left beside them") {
  const auto directory = TempDirectory::make().value();
  const fs::path maps = directory.path() / "a" / "b";
  REQUIRE(install(artifacts(maps, kOld)));
  CHECK(read_table(TableType::cdb, maps / "map.cdb") == kOld);
  CHECK(test::read(maps / "no_ca.pem") == "pem\n");
  CHECK(file_count(maps) == 3);
}

TEST_CASE("unchanged files keep inode and modification time") {
  const auto directory = TempDirectory::make().value();
  REQUIRE(install(artifacts(directory.path(), kOld)));
  const struct stat before = status_of(directory.path() / "map.cdb");
  auto staging = Staging::stage(artifacts(directory.path(), kOld), {});
  REQUIRE(staging);
  CHECK_FALSE(staging->changes_anything());
  REQUIRE(staging->commit());
  const struct stat after = status_of(directory.path() / "map.cdb");
  CHECK(before.st_ino == after.st_ino);
  CHECK(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
  CHECK(file_count(directory.path()) == 3);
}

TEST_CASE("a changed file is another file, and the old one has lost its name") {
  const auto directory = TempDirectory::make().value();
  REQUIRE(install(artifacts(directory.path(), kOld)));
  const struct stat before = status_of(directory.path() / "map.cdb");
  REQUIRE(install(artifacts(directory.path(), kNew)));
  const struct stat after = status_of(directory.path() / "map.cdb");
  CHECK(before.st_ino != after.st_ino);
  CHECK(after.st_nlink == 1);
  CHECK(read_table(TableType::cdb, directory.path() / "map.cdb") == kNew);
}

TEST_CASE("if one artifact cannot be written, none is replaced") {
  const auto directory = TempDirectory::make().value();
  REQUIRE(install(artifacts(directory.path(), kOld)));
  auto files = artifacts(directory.path(), kNew);
  test::write(directory.path() / "file", "not a directory");
  files.push_back({directory.path() / "file" / "map.cdb",
                   TableContent{TableType::cdb, fixed_rows(kNew)}, "Exim"});
  const auto failed = install(files);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().text.contains((directory.path() / "file").string()));
  CHECK(read_table(TableType::cdb, directory.path() / "map.cdb") == kOld);
  CHECK(file_count(directory.path()) == 4);
}

TEST_CASE("what a killed run left behind is replaced") {
  const auto directory = TempDirectory::make().value();
  test::write(directory.path() / ".map.tlspact-new-cdb.cdb", "half");
  REQUIRE(install(artifacts(directory.path(), kOld)));
  CHECK(file_count(directory.path()) == 3);
}

TEST_CASE("below a prefix, as DESTDIR") {
  const auto directory = TempDirectory::make().value();
  REQUIRE(install(artifacts("/var/lib/maps", kOld), {.prefix = directory.path(), .scratch = {}}));
  CHECK(fs::exists(directory.path() / "var/lib/maps/map.cdb"));
}

TEST_CASE("a look with a scratch directory says what would change and touches nothing") {
  const auto directory = TempDirectory::make().value();
  const auto scratch = TempDirectory::make().value();
  const fs::path maps = directory.path() / "maps";
  REQUIRE(install(artifacts(maps, kOld)));
  {
    const auto staging =
        Staging::stage(artifacts(maps, kNew), {.prefix = {}, .scratch = scratch.path()});
    REQUIRE(staging);
    CHECK(staging->changes_anything());
    CHECK(file_count(maps) == 3);
    const auto changes = all_changes(staging->artifacts()[0]);
    REQUIRE(changes.size() == 2);
    CHECK(changes[0].key == "b.example");
    CHECK(changes[0].before == "encrypt");
    CHECK(changes[0].after == "dane");
    CHECK(changes[1].key == "c.example");
    CHECK_FALSE(changes[1].before);
  }
  CHECK(file_count(scratch.path()) == 0);
  CHECK(read_table(TableType::cdb, maps / "map.cdb") == kOld);
}

TEST_CASE("removed rows are changes too") {
  const auto directory = TempDirectory::make().value();
  REQUIRE(install(artifacts(directory.path(), kNew)));
  const auto staging = Staging::stage(artifacts(directory.path(), {{"a.example", "may"}}), {});
  REQUIRE(staging);
  const auto changes = all_changes(staging->artifacts()[0]);
  REQUIRE(changes.size() == 2);
  CHECK_FALSE(changes[0].after);
}

TEST_CASE("what was committed can be put back") {
  const auto directory = TempDirectory::make().value();
  const fs::path maps = directory.path() / "maps";
  auto files = artifacts(maps, kOld);
  files.pop_back();
  REQUIRE(install(files));
  {
    auto staging = Staging::stage(artifacts(maps, kNew), {});
    REQUIRE(staging);
    REQUIRE(staging->commit());
    CHECK(read_table(TableType::cdb, maps / "map.cdb") == kNew);
    REQUIRE(staging->restore());
  }
  CHECK(read_table(TableType::cdb, maps / "map.cdb") == kOld);
  CHECK_FALSE(fs::exists(maps / "no_ca.pem"));
  CHECK(file_count(maps) == 2);
}

TEST_CASE(
    "a target that is no file, or that two artifacts share, is refused before anything else") {
  const auto directory = TempDirectory::make().value();
  fs::create_directory(directory.path() / "no_ca.pem");
  CHECK_FALSE(install(artifacts(directory.path(), kOld)));
  CHECK(file_count(directory.path()) == 1);
  auto twice = artifacts(directory.path() / "maps", kOld);
  twice.push_back(twice.front());
  CHECK_FALSE(install(twice));
  CHECK(file_count(directory.path() / "maps") == 0);
}

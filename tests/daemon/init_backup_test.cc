// SPDX-License-Identifier: MIT
#include "daemon/control/init/init_backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;
namespace fs = std::filesystem;

namespace {

struct Place {
  TempDirectory directory = TempDirectory::make().value();
  fs::path backup = directory.path() / "backup";
  fs::path file = directory.path() / "etc/main.cf";

  [[nodiscard]] InitBackup open() const { return InitBackup::open(backup).value(); }

  /// As an apply does.
  void apply(const fs::path& path, const std::string& text) const {
    InitBackup now = open();
    REQUIRE(now.record(std::vector<FileChange>{{path, text, {}}}));
    FileState state = read_file_state(path).value();
    state.exists = true;
    state.bytes = text;
    REQUIRE(write_file_state(state));
    REQUIRE(now.finish());
  }

  Result<std::vector<fs::path>> undo() const {
    std::vector<fs::path> edited;
    const auto states = open().undo_states(edited);
    if (!states) return std::unexpected(states.error());
    for (const FileState& state : *states)
      REQUIRE(write_file_state(state));
    REQUIRE(open().remove());
    return edited;
  }
};

}  // namespace

TEST_CASE("undo gives bytes and mode back, and takes away what was made") {
  const Place place;
  test::write(place.file, "a = b\n");
  ::chmod(place.file.c_str(), 0640);
  place.apply(place.file, "a = c\n");
  place.apply(place.directory.path() / "new/deep/file", "x");
  CHECK(fs::status(place.file).permissions() == fs::perms{0640});
  REQUIRE(place.undo());
  CHECK(test::read(place.file) == "a = b\n");
  CHECK(fs::status(place.file).permissions() == fs::perms{0640});
  CHECK_FALSE(fs::exists(place.directory.path() / "new"));
  CHECK_FALSE(fs::exists(place.backup));
  CHECK(place.open().empty());
}

TEST_CASE("a second apply keeps the first original") {
  const Place place;
  test::write(place.file, "one\n");
  place.apply(place.file, "two\n");
  place.apply(place.file, "three\n");
  REQUIRE(place.undo());
  CHECK(test::read(place.file) == "one\n");
}

TEST_CASE("edits elsewhere are kept by undo, and by an apply between") {
  const Place place;
  test::write(place.file, "a\nb\nc\nd\ne\n");
  place.apply(place.file, "a\nb\nc\nd\ne\nours\n");
  test::write(place.file, "A\nb\nc\nd\ne\nours\n");
  SECTION("undo") {
    const auto edited = place.undo();
    REQUIRE(edited);
    CHECK(edited->size() == 1);
  }
  SECTION("apply, undo") {
    place.apply(place.file, "A\nb\nc\nd\ne\nours too\n");
    const auto edited = place.undo();
    REQUIRE(edited);
    CHECK(edited->empty());
  }
  CHECK(test::read(place.file) == "A\nb\nc\nd\ne\n");
}

TEST_CASE("edits of a file that is all ours give way to the shipped text, but are not lost") {
  const Place place;
  const fs::path ours = place.directory.path() / "ours";
  place.apply(ours, "shipped\n");
  test::write(ours, "edited\n");
  REQUIRE_FALSE(place.undo());
  place.apply(ours, "shipped\n");
  REQUIRE(place.undo());
  CHECK_FALSE(fs::exists(ours));
  CHECK(test::read(place.backup / "0.edited") == "edited\n");
  CHECK(place.open().empty());
}

TEST_CASE("what cannot be told apart is refused, and nothing is written") {
  const Place place;
  const fs::path other = place.directory.path() / "etc/template";
  test::write(other, "one\n");
  place.apply(other, "two\n");
  test::write(other, "three\n");
  const auto undone = place.undo();
  REQUIRE_FALSE(undone);
  CHECK(undone.error().code == Errc::try_again);
  CHECK(test::read(other) == "three\n");
}

TEST_CASE("an apply that was taken back leaves the backup as it was") {
  const Place place;
  test::write(place.file, "one\n");
  InitBackup backup = place.open();
  const InitBackup none = backup;
  REQUIRE(backup.record(std::vector<FileChange>{{place.file, "two\n", {}}}));
  REQUIRE(backup.go_back_to(none));
  CHECK_FALSE(fs::exists(place.backup));
  place.apply(place.file, "two\n");
  backup = place.open();
  const InitBackup before = backup;
  REQUIRE(backup.record(std::vector<FileChange>{{place.file, "three\n", {}}}));
  REQUIRE(backup.go_back_to(before));
  CHECK_FALSE(place.open().unfinished());
  REQUIRE(place.undo());
  CHECK(test::read(place.file) == "one\n");
}

TEST_CASE("a run that ended between the backup and the file can be undone") {
  const Place place;
  test::write(place.file, "one\n");
  InitBackup backup = place.open();
  REQUIRE(backup.record(std::vector<FileChange>{{place.file, "two\n", {}}}));
  CHECK(place.open().unfinished());
  REQUIRE(place.undo());
  CHECK(test::read(place.file) == "one\n");
}

TEST_CASE("a backup that others may write, or that is a link, is not believed") {
  const Place place;
  fs::create_directory(place.backup);
  ::chmod(place.backup.c_str(), 0777);
  CHECK_FALSE(InitBackup::open(place.backup));
  fs::remove(place.backup);
  fs::create_directory_symlink(place.directory.path(), place.backup);
  CHECK_FALSE(InitBackup::open(place.backup));
}

TEST_CASE("a reader sees the old file or the new one, never none and never a part") {
  const Place place;
  const std::string texts[] = {std::string(20000, 'a'), std::string(30000, 'b')};
  test::write(place.file, texts[0]);
  FileState state = read_file_state(place.file).value();
  std::atomic<bool> done = false;
  std::jthread writer{[&] {
    for (std::size_t i = 0; i < 100; ++i) {
      state.bytes = texts[i % 2];
      if (!write_file_state(state)) break;
    }
    done = true;
  }};
  std::size_t other = 0;
  do {
    const std::string seen = test::read(place.file);
    if (seen != texts[0] && seen != texts[1]) ++other;
  } while (!done);
  CHECK(other == 0);
}

TEST_CASE("a link is followed: the file it names is replaced") {
  const Place place;
  test::write(place.directory.path() / "real.cf", "one\n");
  fs::create_directory(place.file.parent_path());
  fs::create_symlink(place.directory.path() / "real.cf", place.file);
  place.apply(place.file, "two\n");
  CHECK(fs::is_symlink(place.file));
  CHECK(test::read(place.directory.path() / "real.cf") == "two\n");
  REQUIRE(place.undo());
  CHECK(test::read(place.file) == "one\n");
}

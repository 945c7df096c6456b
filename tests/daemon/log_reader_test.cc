// SPDX-License-Identifier: MIT
#include "daemon/sources/log_reader.h"

#include <chrono>
#include <fstream>

#include "daemon/sources/mail_log.h"
#include "generators/process/subprocess.h"
#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

namespace {

/// A log that grows and is rotated, and its reader.
class Log {
 public:
  [[nodiscard]] fs::path path(const std::string& suffix = "") const {
    return directory_.path() / ("mail.log" + suffix);
  }
  void append(const std::string& text) const {
    std::ofstream{path(), std::ios::binary | std::ios::app} << text;
  }
  Lines read() {
    Lines lines;
    const auto done =
        read_log(path(), position_, [&](std::string_view line) { lines.emplace_back(line); });
    REQUIRE(done);
    position_ = *done;
    return lines;
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
  LogPosition position_;
};

}  // namespace

TEST_CASE("a log is read on from where it was read up to") {
  Log log;
  log.append("one\ntwo\nunfinis");
  CHECK(log.read() == Lines{"one", "two"});
  CHECK(log.read().empty());
  log.append("hed\nthree\n");
  CHECK(log.read() == Lines{"unfinished", "three"});
}

TEST_CASE("a rotated log is read to its end before the new one") {
  Log log;
  log.append("one\n");
  CHECK(log.read() == Lines{"one"});
  log.append("two\n");
  fs::rename(log.path(), log.path(".1"));
  SECTION("the new one has lines already") {
    log.append("three\n");
    CHECK(log.read() == Lines{"two", "three"});
    CHECK(log.read().empty());
  }
  SECTION("it was rotated twice: what was moved on is not found, the new one is read") {
    fs::rename(log.path(".1"), log.path(".2"));
    test::write(log.path(".1"), "between\n");
    log.append("three\n");
    CHECK(log.read() == Lines{"three"});
  }
}

TEST_CASE("a log that is cut off in place (copytruncate) is read from its beginning") {
  Log log;
  log.append("one\ntwo\n");
  CHECK(log.read().size() == 2);
  fs::resize_file(log.path(), 0);
  log.append("new\n");
  CHECK(log.read() == Lines{"new"});
}

TEST_CASE("hostile lines of a log") {
  Log log;
  const std::string nul("a\0b", 3);
  log.append(std::string(70000, 'x') + "\n" + nul + "\n\n" + std::string(65536, 'y') + "\n");
  const Lines lines = log.read();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == nul);
  CHECK(lines[1].empty());
  CHECK(lines[2].size() == 65536);
}

TEST_CASE("a log that cannot be read is named") {
  Log log;
  const auto missing = read_log(log.path(), {}, [](std::string_view) {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::no_input);
  CHECK(missing.error().text.contains("mail.log: cannot be read: No such file"));
  fs::create_directory(log.path());
  const auto directory = read_log(log.path(), {}, [](std::string_view) {});
  REQUIRE_FALSE(directory);
  CHECK(directory.error().text.contains("no regular file"));
}

namespace {

/// A journal file, which the tool of systemd that takes messages from elsewhere writes.
class Journal {
 public:
  /// One message of Postfix a domain, a second each, beginning now.
  void append(const std::vector<std::string>& domains, const char* facility = "2") {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto start = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    std::string messages;
    for (const std::string& domain : domains) {
      ++written_;
      messages += "__REALTIME_TIMESTAMP=" + std::to_string(start + written_) +
                  "\n__MONOTONIC_TIMESTAMP=" + std::to_string(written_) +
                  "\n_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=mail\nSYSLOG_FACILITY=" +
                  facility +
                  "\nSYSLOG_IDENTIFIER=postfix/smtp\nSYSLOG_PID=9\nMESSAGE=0A1B: to=<u@" + domain +
                  ">, relay=none, x\n\n";
    }
    const auto done = run_command(
        {.argv = {"/lib/systemd/systemd-journal-remote", "--output", file().string(), "-"},
         .input = messages});
    REQUIRE(done);
    INFO(done->err);
    REQUIRE(done->exit_code == 0);
  }

  Lines read() {
    Lines lines;
    const auto done =
        read_journal(position_, [&](std::string_view line) { lines.emplace_back(line); },
                     {"--file", file().string()});
    INFO((done ? "" : done.error().text));
    REQUIRE(done);
    position_ = *done;
    return lines;
  }

 private:
  [[nodiscard]] fs::path file() const { return directory_.path() / "mail.journal"; }

  TempDirectory directory_ = TempDirectory::make().value();
  LogPosition position_;
  int written_ = 0;
};

}  // namespace

TEST_CASE("the systemd journal is read on where it was left") {
  Journal journal;
  journal.append({"a.example", "b.example"});
  journal.append({"not-mail.example"}, "3");
  const Lines first = journal.read();
  REQUIRE(first.size() == 2);
  CHECK(recipient_domain(first[0]) == "a.example");
  CHECK(recipient_domain(first[1]) == "b.example");
  CHECK(journal.read().empty());
  journal.append({"c.example"});
  const Lines second = journal.read();
  REQUIRE(second.size() == 1);
  CHECK(recipient_domain(second[0]) == "c.example");
}

TEST_CASE("a journal that cannot be read is named") {
  const auto missing =
      read_journal({}, [](std::string_view) {}, {"--file", "/nonexistent.journal"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::unavailable);
  CHECK(missing.error().text.contains("journalctl"));
}

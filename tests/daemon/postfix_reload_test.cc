// SPDX-License-Identifier: MIT
#include "daemon/control/postfix_reload.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"

using namespace tlspact;
using Outcome = PostfixReloader::Outcome;

namespace {

/// Has a script stand for postfix while it lives.
class Stub {
 public:
  explicit Stub(const std::string& script) {
    const auto program = directory_->path() / "postfix";
    std::ofstream{program} << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ::setenv("PATH", (directory_->path().string() + ":" + path_).c_str(), 1);
  }
  Stub(const Stub&) = delete;
  Stub& operator=(const Stub&) = delete;
  Stub(Stub&&) = delete;
  Stub& operator=(Stub&&) = delete;
  ~Stub() { ::setenv("PATH", path_.c_str(), 1); }

 private:
  Result<TempDirectory> directory_ = TempDirectory::make();
  std::string path_ = std::getenv("PATH");
};

Result<Outcome> reload(const std::string& script) {
  const Stub stub{script};
  auto reloader = PostfixReloader::prepare(std::chrono::seconds{1});
  REQUIRE(reloader);
  return reloader->reload();
}

}  // namespace

TEST_CASE("a reload that hangs ends at its deadline, with what to do") {
  for (const char* script :
       {"[ $1 = status ] || exec sleep 600", "[ $1 = reload ] || exec sleep 600"}) {
    const auto started = std::chrono::steady_clock::now();
    const auto done = reload(script);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == Errc::io);
    CHECK(done.error().text.contains("still running after 1000 ms"));
    CHECK(done.error().text.contains("see that it works when you say it, then run again"));
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds{50});
  }
}

TEST_CASE("a reload that fails says what postfix said") {
  const auto done = reload("[ $1 = status ] || { echo 'postfix: fatal: no' >&2; exit 1; }");
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Errc::io);
  CHECK(done.error().text.starts_with("postfix reload failed: postfix: fatal: no; "));
}

TEST_CASE("a Postfix that runs is reloaded, and only root can tell that it does not") {
  CHECK(reload("exit 0").value() == Outcome::done);
  CHECK(reload("exit 1").value() == (::geteuid() == 0 ? Outcome::done : Outcome::not_permitted));
}

// SPDX-License-Identifier: MIT
#include "daemon/control/reload_wish.h"

#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

class Fixture {
 public:
  Fixture() { config_.service.state_dir = directory_.path().string(); }
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "reload-postfix"; }
  [[nodiscard]] static Time now() {
    return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
  Config config_;
};

TEST_CASE("a wish for a reload is a file, until somebody takes it away") {
  const Fixture fixture;
  CHECK_FALSE(wish_notice(fixture.config(), Fixture::now()));
  REQUIRE(wish_for_reload(fixture.config()));
  REQUIRE(wish_for_reload(fixture.config()));
  CHECK(std::filesystem::exists(fixture.file()));
  forget_reload_wish(fixture.config());
  CHECK_FALSE(std::filesystem::exists(fixture.file()));
  forget_reload_wish(fixture.config());
}

TEST_CASE("a wish that nobody hears is an alert after a minute, with what to do") {
  const Fixture fixture;
  REQUIRE(wish_for_reload(fixture.config()));
  const auto early = wish_notice(fixture.config(), Fixture::now() + Seconds{30});
  REQUIRE(early);
  CHECK(early->severity == Severity::warning);
  const auto told = wish_notice(fixture.config(), Fixture::now() + Seconds{90});
  REQUIRE(told);
  CHECK(told->severity == Severity::alert);
  CHECK(told->text.find("tlspact-postfix-reload.path") != std::string::npos);
  CHECK(told->text.find(fixture.file().string()) != std::string::npos);
}

TEST_CASE("a second wish does not make the first one younger") {
  const Fixture fixture;
  REQUIRE(wish_for_reload(fixture.config()));
  const auto hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours{1};
  std::filesystem::last_write_time(fixture.file(), hour_ago);
  REQUIRE(wish_for_reload(fixture.config()));
  const auto told = wish_notice(fixture.config(), Fixture::now());
  REQUIRE(told);
  CHECK(told->severity == Severity::alert);
}

TEST_CASE("a wish where nothing can be written is an error") {
  Config config;
  config.service.state_dir = "/proc/nowhere";
  CHECK_FALSE(wish_for_reload(config));
}

}  // namespace
}  // namespace tlspact

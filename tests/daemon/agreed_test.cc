// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/agreed.h"

#include <sys/stat.h>

#include <string>

#include "generators/process/temp_directory.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;

TEST_CASE("agreements in force are read from the files that the source reads, and from no others") {
  const auto directory = TempDirectory::make().value();
  const auto agreed = [&](const char* file, const std::string& domain) {
    test::write(directory.path() / file,
                "[[agreement]]\npartner = \"p\"\nlevel = \"encrypt\"\n"
                "domains = [\"" +
                    domain + "\"]\n");
  };
  agreed("b.toml", "b.example");
  agreed("a.toml", "a.example");
  agreed(".hidden.toml", "hidden.example");
  agreed("c.toml~", "backup.example");
  test::write(directory.path() / "bad.toml", "[[");
  std::filesystem::create_directory(directory.path() / "d.toml");
  INFO("a FIFO is not waited for");
  REQUIRE(::mkfifo((directory.path() / "fifo.toml").c_str(), 0600) == 0);
  std::string domains;
  for (const auto& each : agreements_in_force(directory.path(), Time{}))
    domains += each->domains.front().key.text() + " ";
  CHECK(domains == "a.example b.example ");
  CHECK(agreements_in_force(directory.path() / "none", Time{}).empty());
}

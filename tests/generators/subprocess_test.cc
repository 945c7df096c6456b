// SPDX-License-Identifier: MIT
#include "generators/process/subprocess.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("a program's exit code and output come back") {
  const auto output =
      run_command({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"}, .input = "in"});
  REQUIRE(output);
  CHECK(output->exit_code == 3);
  CHECK(output->out == "in");
  CHECK(output->err == "err\n");
}

TEST_CASE("arguments reach the program as they are, without a shell") {
  CHECK(run_command({.argv = {"printf", "%s", "$(id); `id` > /tmp/x"}})->out ==
        "$(id); `id` > /tmp/x");
}

TEST_CASE("messages are in English") {
  CHECK(run_command({.argv = {"sh", "-c", "echo $LC_ALL"}})->out == "C\n");
}

TEST_CASE("a missing program is an error that names it") {
  const auto output = run_command({.argv = {"no-such-program-here"}});
  REQUIRE_FALSE(output);
  CHECK(output.error().text.contains("no-such-program-here"));
}

TEST_CASE("a program that hangs is stopped at its deadline") {
  using namespace std::chrono_literals;
  for (const char* script : {"exec sleep 600", "exec >&- 2>&-; exec sleep 600"}) {
    const auto started = std::chrono::steady_clock::now();
    const auto output = run_command({.argv = {"sh", "-c", script}, .input = {}, .deadline = 200ms});
    REQUIRE_FALSE(output);
    CHECK(output.error().code == Errc::unavailable);
    CHECK(std::chrono::steady_clock::now() - started < 60s);
  }
}

TEST_CASE("a program that a signal ends has 128 and its number") {
  CHECK(run_command({.argv = {"sh", "-c", "kill -9 $$"}})->exit_code == 137);
}

TEST_CASE("long output on both streams does not block") {
  const auto output = run_command(
      {.argv = {"sh", "-c", "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"}});
  REQUIRE(output);
  CHECK(output->out.size() == 1000000);
  CHECK(output->err.size() == 1000000);
}

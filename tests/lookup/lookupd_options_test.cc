// SPDX-License-Identifier: MIT
#include "lookup/lookupd_options.h"

#include "lookup/listener.h"
#include "lookup/resolve_client.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;
using namespace std::chrono_literals;

namespace {

Result<LookupdOptions> read_words(std::vector<std::string> words) {
  words.insert(words.begin(), "tlspact-lookupd");
  std::vector<char*> pointers;
  for (std::string& each : words)
    pointers.push_back(each.data());
  pointers.push_back(nullptr);
  return read_lookupd_options(static_cast<int>(words.size()), pointers.data());
}

}  // namespace

TEST_CASE("the command line") {
  const auto usual = read_words({}).value();
  CHECK(usual.server.snapshot == "/var/lib/tlspact/snapshot");
  CHECK(usual.server.resolve == "/run/tlspact/resolve");
  CHECK_FALSE(usual.server.wait);
  CHECK_FALSE(usual.socketmap);
  const auto given = read_words({"--snapshot", "/s", "--resolve=", "--wait", "250ms", "--socketmap",
                                 "inet:127.0.0.1:1", "--readsocket=unix:/x"})
                         .value();
  CHECK(given.server.snapshot == "/s");
  CHECK(given.server.resolve.empty());
  CHECK(given.server.wait == 250ms);
  CHECK(given.socketmap == "inet:127.0.0.1:1");
  CHECK(given.readsocket == "unix:/x");
  CHECK(read_words({"--help"}).value().help);
  CHECK(read_words({"--version"}).value().version);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--snapshot"}, {"--bogus"}, {"word"}, {"--wait", "soon"}})
    CHECK(read_words(wrong).error().code == Errc::usage);
}

TEST_CASE("times to wait") {
  CHECK(parse_wait("0s") == 0ms);
  CHECK(parse_wait("3s") == 3s);
  CHECK(parse_wait("1m") == 1min);
  CHECK(parse_wait("1500ms") == 1500ms);
  for (const std::string_view wrong : {"", "3", "s", "-1s", "61s", "2m", "3 s", "3h", "1e3ms"})
    CHECK_FALSE(parse_wait(wrong));
}

TEST_CASE("addresses to listen on") {
  const auto directory = TempDirectory::make().value();
  const std::string path = "unix:" + (directory.path() / "socket").string();
  for (const std::string& good :
       {std::string{"inet:127.0.0.1:0"}, std::string{"inet:[::1]:0"}, path}) {
    CAPTURE(good);
    const auto listener = Listener::open(Protocol::socketmap, good);
    if (!listener && good.contains("::1")) continue;  // a machine without IPv6
    REQUIRE(listener);
    CHECK(listener->address().starts_with(good.substr(0, good.find_last_of(":/") + 1)));
    const auto again = Listener::open(Protocol::socketmap, listener->address());
    CHECK(again.has_value() == good.starts_with("inet:"));  // TCP is shared, a path is not stolen
  }
  CHECK(Listener::open(Protocol::socketmap, path));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "socket"));
  for (const std::string& wrong :
       {std::string{""}, std::string{"127.0.0.1:25"}, std::string{"inet:localhost:25"},
        std::string{"inet:127.0.0.1"}, std::string{"inet:127.0.0.1:"},
        std::string{"inet:127.0.0.1:65536"}, std::string{"inet:::1:25"},
        std::string{"unix:relative"}, std::string{"unix:"}, "unix:/" + std::string(200, 'x')}) {
    CAPTURE(wrong);
    const auto refused = Listener::open(Protocol::socketmap, wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::usage);
  }
}

TEST_CASE("what the daemon answers") {
  CHECK(read_resolved("done a.example")->key == "a.example");
  CHECK_FALSE(read_resolved("done a.example")->none_until);
  CHECK(read_resolved("done [a.example]:25 none-until 1793000000")->none_until ==
        Time{Seconds{1793000000}});
  for (const std::string_view wrong :
       {"", "done", "done ", "undone a.example", "done a.example none-until",
        "done a.example none-until soon", "done a.example none-until 1 2", "done a.example else 1"})
    CHECK_FALSE(read_resolved(wrong));
}

TEST_CASE("how long to wait, as the daemon says") {
  CHECK(read_wait("wait 0") == 0ms);
  CHECK(read_wait("wait 2500") == 2500ms);
  CHECK(read_wait("wait 60000") == 1min);
  for (const char* wrong : {"", "wait", "wait ", "wait x", "wait -1", "wait 1 2", "wait 60001",
                            "wait 99999999999", "done a.example"})
    CHECK_FALSE(read_wait(wrong));
}

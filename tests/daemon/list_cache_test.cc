// SPDX-License-Identifier: MIT
#include "daemon/sources/list_cache.h"

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

PolicyList sample() {
  PolicyList list{.author = "The publisher",
                  .timestamp = test::now(),
                  .expires = test::now() + std::chrono::hours{1},
                  .names = {},
                  .modes = {Mode::testing, Mode::enforce},
                  .codes = {},
                  .entries = {}};
  list.codes.add(encode_policy(test::policy(Level::secure, {"mx.a.example"})));
  list.codes.add(encode_policy(test::policy(Level::secure, {"*.b.example"})));
  list.entries = {{list.names.add("a.example"), 0}, {list.names.add("b.example"), 1}};
  return list;
}

TEST_CASE("A parsed list comes back out of its cache") {
  const auto directory = TempDirectory::make().value();
  const auto file = list_cache_path(directory.path() / "list");
  REQUIRE(write_list_cache(file, sample()));
  const auto list = read_list_cache(file);
  REQUIRE(list);
  CHECK(list->author == "The publisher");
  CHECK(list->timestamp == sample().timestamp);
  CHECK(list->expires == sample().expires);
  REQUIRE(list->entries.size() == 2);
  REQUIRE(list->find("b.example") != nullptr);
  CHECK(list->mode(*list->find("b.example")) == Mode::enforce);
  CHECK(list->tls(*list->find("b.example")) == test::policy(Level::secure, {"*.b.example"}));
  CHECK(list->mode(*list->find("a.example")) == Mode::testing);
}

TEST_CASE("A cache that is missing, cut off or changed anywhere is none") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "list.parsed";
  CHECK_FALSE(read_list_cache(file));
  REQUIRE(write_list_cache(file, sample()));
  const std::string bytes = test::read(file);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    test::write(file, bytes.substr(0, at));
    REQUIRE_FALSE(read_list_cache(file));
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x21);
    test::write(file, changed);
    REQUIRE_FALSE(read_list_cache(file));
  }
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include <string>

#include "lookup/negative_cache.h"
#include "lookup/reply_cache.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

TEST_CASE("what has no policy is remembered until then") {
  NegativeCache cache;
  CHECK_FALSE(cache.has("a.example", now()));
  cache.remember("a.example", now() + Seconds{10});
  CHECK(cache.has("a.example", now() + Seconds{9}));
  CHECK_FALSE(cache.has("a.example", now() + Seconds{10}));
  cache.remember("a.example", now() + Seconds{20});
  CHECK(cache.has("a.example", now() + Seconds{10}));
}

TEST_CASE("strangers' names push each other out, not the ones that are asked for") {
  NegativeCache cache;
  cache.remember("often.example", now() + Seconds{10});
  for (int i = 0; i < 400'000; ++i) {
    cache.remember("x" + std::to_string(i) + ".example", now() + Seconds{10});
    if (i % 1000 == 0) REQUIRE(cache.has("often.example", now()));
  }
  std::size_t kept = 0;
  for (int i = 0; i < 400'000; ++i)
    kept += cache.has("x" + std::to_string(i) + ".example", now()) ? 1U : 0U;
  CHECK(kept <= 65536);
  CHECK(kept > 50'000);
}

TEST_CASE("replies are kept within bounds") {
  ReplyCache cache;
  CHECK(cache.find(0) == nullptr);
  cache.keep(0, {"reply", now()});
  REQUIRE(cache.find(0) != nullptr);
  CHECK(cache.find(0)->bytes == "reply");
  CHECK(cache.find(0)->until == now());
  cache.keep(1, {std::string(5000, 'x')});
  CHECK(cache.find(1) == nullptr);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    cache.keep(i, {std::string(4000, 'x')});
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    bytes += cache.find(i) == nullptr ? 0 : cache.find(i)->bytes.size();
  CHECK(bytes > 100'000);
  CHECK(bytes <= 4U << 20);
  cache.clear();
  CHECK(cache.find(99'999) == nullptr);
}

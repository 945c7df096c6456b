// SPDX-License-Identifier: MIT
#include <string>

#include "lookup/negative_cache.h"
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

// SPDX-License-Identifier: MIT
#include "daemon/sources/correspondents.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::now;
using Names = std::vector<std::string>;

StoredCorrespondent seen(const std::string& domain, int hours_ago) {
  return {domain, now() - std::chrono::hours{1000}, now() - std::chrono::hours{hours_ago}, "a log"};
}

Names surplus(std::vector<StoredCorrespondent> known, std::size_t most) {
  return surplus_correspondents(
      std::move(known), [](const std::string& domain) { return domain.starts_with("policy"); },
      most);
}

TEST_CASE("as many correspondents as may be: nobody goes") {
  CHECK(surplus({seen("a.example", 3), seen("b.example", 2)}, 2).empty());
  CHECK(surplus({}, 0).empty());
}

TEST_CASE("of too many correspondents those go that are longest unused") {
  CHECK(surplus({seen("a.example", 3), seen("b.example", 9), seen("c.example", 5)}, 1) ==
        Names{"b.example", "c.example"});
}

TEST_CASE("a correspondent with a policy never goes, whatever strangers ask for") {
  CHECK(surplus({seen("policy.example", 90), seen("a.example", 1), seen("b.example", 2)}, 2) ==
        Names{"b.example"});
  CHECK(surplus({seen("policy-a.example", 9), seen("policy-b.example", 8)}, 1).empty());
}

}  // namespace
}  // namespace tlspact

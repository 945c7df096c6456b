// SPDX-License-Identifier: MIT
#include "policy/network.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("networks are read and written") {
  CHECK(Network::parse("192.0.2.0/24")->text() == "192.0.2.0/24");
  CHECK(Network::parse("192.0.2.7")->text() == "192.0.2.7/32");
  CHECK(Network::parse("2001:DB8:1::/48")->text() == "2001:db8:1::/48");
  CHECK(Network::parse("::/0")->text() == "::/0");
}

TEST_CASE("what is no network is refused") {
  for (const char* text :
       {"", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2/24",
        "2001:db8::1/64", "::/129", "acme.example", "192.0.2.0/24 "}) {
    INFO(text);
    CHECK_FALSE(Network::parse(text));
  }
}

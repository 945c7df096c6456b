// SPDX-License-Identifier: MIT
#include "policy/policy_key.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("a next-hop keeps the form that Postfix asks for") {
  struct Row {
    const char* text;
    const char* normal;
    bool by_domain;
  };
  const Row rows[] = {
      {"Acme.Example", "acme.example", true},
      {".acme.example", ".acme.example", true},
      {"acme.example:587", "acme.example:587", false},
      {"[Relay.Acme.Example]", "[relay.acme.example]", false},
      {"[relay.acme.example]:587", "[relay.acme.example]:587", false},
      {"acme.example.", "acme.example", true},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto key = PolicyKey::parse(row.text);
    REQUIRE(key);
    CHECK(key->text() == row.normal);
    CHECK(key->by_domain() == row.by_domain);
  }
}

TEST_CASE("the policy domain of a smart host is the host (RFC 8461 section 3.4)") {
  CHECK(PolicyKey::parse("[relay.acme.example]:587")->domain().text() == "relay.acme.example");
}

TEST_CASE("what is not a next-hop with a policy is refused") {
  for (const char* text : {"",
                           "[192.0.2.1]",
                           "[192.0.2.1]:25",
                           "[IPv6:2001:db8::1]",
                           "192.0.2.1",
                           "2001:db8::1",
                           "[relay.acme.example",
                           "relay.acme.example]",
                           "[relay.acme.example]x",
                           "[relay.acme.example]587",
                           "acme.example:",
                           "acme.example:0",
                           "acme.example:65536",
                           "acme.example:-1",
                           "acme.example:+25",
                           "acme.example:025",
                           "acme.example:smtp",
                           "[.acme.example]",
                           ".acme.example:25",
                           "[]",
                           "[]:25"}) {
    INFO(text);
    CHECK_FALSE(PolicyKey::parse(text));
  }
}

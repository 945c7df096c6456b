// SPDX-License-Identifier: MIT
#include "policy/mx_pattern.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using test::domain;
using test::mx;

TEST_CASE("a wildcard matches exactly one label (RFC 8461 section 4.1)") {
  const MxPattern wildcard = mx("*.mail.example");
  CHECK(wildcard.matches(domain("a.mail.example")));
  CHECK_FALSE(wildcard.matches(domain("mail.example")));
  CHECK_FALSE(wildcard.matches(domain("a.b.mail.example")));
  CHECK_FALSE(wildcard.matches(domain("amail.example")));
}

TEST_CASE("a list's leading dot is the same wildcard") {
  CHECK(mx(".mail.example") == mx("*.mail.example"));
  CHECK(mx(".Mail.Example.").text() == "*.mail.example");
}

TEST_CASE("a host matches itself only, whatever the case") {
  CHECK(mx("MX1.Mail.Example").matches(domain("mx1.mail.example")));
  CHECK_FALSE(mx("mx1.mail.example").matches(domain("a.mx1.mail.example")));
}

TEST_CASE("what could be misread by an MTA is no pattern") {
  for (const char* text : {"",
                           "*",
                           "*.",
                           ".",
                           "**.example.org",
                           "*.*.example.org",
                           "mx.*.example.org",
                           "m*.example.org",
                           "hostname",
                           "nexthop",
                           "dot-nexthop",
                           "192.0.2.1",
                           "*.192.0.2.1",
                           "mx protocols=SSLv3",
                           "a.example:b.example",
                           "a.example,b.example",
                           "a.example|b.example",
                           "mx.example\n",
                           "{mx.example}",
                           "mx.example=x",
                           "2001:db8::1",
                           "[192.0.2.1]"}) {
    INFO(text);
    CHECK_FALSE(MxPattern::parse(text));
  }
}

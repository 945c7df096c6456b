// SPDX-License-Identifier: MIT
#include "policy/domain.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;

namespace {

struct Accepted {
  std::string text;
  std::string normal;
  const char* why;
};

struct Rejected {
  std::string text;
  const char* why;
};

}  // namespace

TEST_CASE("a domain is brought to its normal form") {
  const Accepted rows[] = {
      {"acme.example", "acme.example", "plain"},
      {"ACME.Example", "acme.example", "RFC 4343: case does not matter"},
      {"acme.example.", "acme.example", "one trailing dot is the root"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", "an A-label is LDH"},
      {"a.xn--p1ai", "a.xn--p1ai", "an internationalized top-level domain"},
      {"3b.pm", "3b.pm", "RFC 1123 section 2.1: a label may begin with a digit"},
      {"a-b.c-d.example", "a-b.c-d.example", "inner hyphens"},
      {std::string(63, 'a') + ".example", std::string(63, 'a') + ".example", "63 bytes a label"},
  };
  for (const Accepted& row : rows) {
    INFO(row.why);
    const auto domain = Domain::parse(row.text);
    REQUIRE(domain);
    CHECK(domain->text() == row.normal);
  }
}

TEST_CASE("what is not a domain is refused with the rule it breaks") {
  std::string long_name;
  while (long_name.size() < 254)
    long_name += "aaaaaaaaa.";
  const Rejected rows[] = {
      {"", "empty"},
      {".", "only the root"},
      {"acme", "one label: a top-level domain, or a search list's"},
      {"hostname", "Postfix's keyword"},
      {"nexthop", "Postfix's keyword"},
      {"acme..example", "an empty label"},
      {"acme.example..", "two trailing dots"},
      {".acme.example", "a pattern, not a domain"},
      {"-acme.example", "a leading hyphen"},
      {"acme-.example", "a trailing hyphen"},
      {"ac_me.example", "an underscore"},
      {"ac me.example", "a space splits words in both MTAs"},
      {"acme.example\nevil.example none", "a newline begins another entry"},
      {"acme.example=x", "an attribute"},
      {"acme.example{", "a brace"},
      {"acme.example,", "a comma splits words in Postfix"},
      {"acme.example:25", "a port"},
      {"*.acme.example", "a wildcard"},
      {std::string("acme\0.example", 13), "NUL"},
      {"192.0.2.1", "an IPv4 address"},
      {"acme.123", "a numeric top-level domain reads as an address (RFC 3696 section 2)"},
      {"2001:db8::1", "an IPv6 address"},
      {"[192.0.2.1]", "an address literal"},
      {"b\xC3\xBC"
       "cher.example",
       "a U-label, which the edge converts first"},
      {std::string(64, 'a') + ".example", "a label of 64 bytes"},
      {std::string(300, 'a') + ".example", "a label of 300 bytes"},
      {long_name + "example", "more than 253 bytes"},
  };
  for (const Rejected& row : rows) {
    INFO(row.why);
    const auto domain = Domain::parse(row.text);
    REQUIRE_FALSE(domain);
    CHECK(domain.error().code == Errc::bad_input);
    CHECK_FALSE(domain.error().text.contains('\n'));
    CHECK_FALSE(domain.error().text.contains('\0'));
  }
}

TEST_CASE("the parent of a domain is what follows its first label") {
  CHECK(test::domain("a.b.example").parent() == "b.example");
  CHECK(test::domain("b.example").parent() == "example");
}

TEST_CASE("a pattern with a leading dot covers subdomains at any depth, not the domain") {
  const DomainPattern pattern = DomainPattern::parse(".acme.example").value();
  CHECK(pattern.text() == ".acme.example");
  CHECK(pattern.matches(test::domain("x.acme.example")));
  CHECK(pattern.matches(test::domain("y.x.acme.example")));
  CHECK_FALSE(pattern.matches(test::domain("acme.example")));
  CHECK_FALSE(pattern.matches(test::domain("notacme.example")));
  const DomainPattern exact = DomainPattern::parse("acme.example").value();
  CHECK(exact.matches(test::domain("acme.example")));
  CHECK_FALSE(exact.matches(test::domain("x.acme.example")));
}

TEST_CASE("quoted text is printable and short") {
  CHECK(quote("a\nb") == "\"a\\x0Ab\"");
  CHECK(quote("\x1b[31m") == "\"\\x1B[31m\"");
  CHECK(quote("a\"b\\") == "\"a\\\"b\\\\\"");
  CHECK(quote(std::string(10'000'000, 'a')).size() < 100);
}

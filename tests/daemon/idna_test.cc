// SPDX-License-Identifier: MIT
#include "daemon/dns/idna.h"

#include <string>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

struct Accepted {
  std::string text;
  std::string becomes;
  const char* why;
};
struct Refused {
  std::string text;
  const char* why;
};

std::string label(std::size_t size, char c = 'a') {
  return std::string(size, c);
}

TEST_CASE("A domain is lower-case A-labels, however it is written") {
  const Accepted rows[] = {
      {"example.org", "example.org", "already as it should be"},
      {"EXAMPLE.Org", "example.org", "case does not count"},
      {"example.org.", "example.org", "one trailing dot is dropped"},
      {"münchen.example", "xn--mnchen-3ya.example", "a U-label"},
      {"MÜNCHEN.Example.", "xn--mnchen-3ya.example", "a U-label in capitals, with a dot behind"},
      {"mu\xCC\x88nchen.example", "xn--mnchen-3ya.example", "u with a combining diaeresis: NFC"},
      {"straße.example", "xn--strae-oqa.example", "IDNA2008 keeps ß, IDNA2003 made it ss"},
      {"faß.example", "xn--fa-hia.example", "non-transitional"},
      {"例え.テスト", "xn--r8jz45g.xn--zckzah", "every label is converted"},
      {"bücher。example", "xn--bcher-kva.example", "the ideographic full stop is a dot"},
      {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example", "an A-label is not touched"},
      {"XN--MNCHEN-3YA.EXAMPLE", "xn--mnchen-3ya.example", "an A-label in capitals"},
      {"example.xn--p1ai", "example.xn--p1ai", "a top-level domain that is an A-label"},
      {"mail.bücher.example", "mail.xn--bcher-kva.example", "plain and international labels"},
      {label(63) + ".example", label(63) + ".example", "63 bytes are the longest label"},
  };
  for (const Accepted& row : rows) {
    INFO(row.why << ": " << row.text);
    const auto domain = parse_domain(row.text);
    REQUIRE(domain);
    CHECK(domain->text() == row.becomes);
  }
}

TEST_CASE("What is no domain is refused with a printable reason") {
  const std::string long_name = label(63) + "." + label(63) + "." + label(63) + "." + label(63);
  const Refused rows[] = {
      {"", "empty"},
      {".", "only a dot"},
      {"ü", "a single label"},
      {"bücher", "a single label"},
      {"example", "a single label"},
      {"bücher..example", "an empty label"},
      {".bücher.example", "a leading dot is a pattern, not a domain"},
      {"*.bücher.example", "a wildcard is a pattern, not a domain"},
      {"bücher.example..", "two trailing dots"},
      {"[bücher.example]", "brackets make a next-hop"},
      {"bücher.example:25", "a port makes a next-hop"},
      {"-bücher.example", "a hyphen first"},
      {"bücher-.example", "a hyphen last"},
      {"ab--ü.example", "hyphens in third and fourth place"},
      {"\xCC\x88nchen.example", "a combining mark first (RFC 5891 section 4.2.3.2)"},
      {"a\xE2\x80\x8D"
       "b.example",
       "a zero-width joiner out of its context"},
      {"☃.example", "a symbol is no letter of IDNA2008"},
      {"bü cher.example", "a space"},
      {"bü\ncher.example", "a newline"},
      {"bücher.example none", "a space and a word behind"},
      {std::string{"bücher.exa\0mple", 16}, "a NUL byte"},
      {std::string{"bücher.example\0", 16}, "a NUL byte at the end"},
      {std::string{"exam\0ple.org", 12}, "a NUL byte in ASCII"},
      {"b\xFC"
       "cher.example",
       "Latin-1, not UTF-8"},
      {"b\xC3.example", "a UTF-8 sequence that is cut off"},
      {"b\xED\xA0\x80.example", "a surrogate in UTF-8"},
      {"b\xC0\xAE.example", "an over-long UTF-8 form of a dot"},
      {label(64) + ".example", "a label of 64 bytes"},
      {"ü" + label(62) + ".example", "its A-label is over 63 bytes"},
      {long_name, "over 253 bytes"},
      {"ü." + long_name, "over 253 bytes with a U-label"},
      {std::string(3000, 'a') + "ü.example", "3 KB"},
      {"ü" + std::string(1 << 20, '.'), "a megabyte"},
      {"192.0.2.1", "an address"},
      {"１９２.0.2.1", "an address in full-width digits"},
      {"bücher.123", "its last label is all digits"},
      {"2001:db8::1", "an address"},
  };
  for (const Refused& row : rows) {
    INFO(row.why << ": " << quote(row.text));
    const auto domain = parse_domain(row.text);
    REQUIRE_FALSE(domain);
    CHECK(domain.error().code == Errc::bad_input);
    CHECK_FALSE(domain.error().text.empty());
    CHECK(domain.error().text.size() < 400);
    CHECK_FALSE(domain.error().text.contains('\n'));
    CHECK_FALSE(domain.error().text.contains('\0'));
  }
}

TEST_CASE("An MX pattern keeps its wildcard when its name is converted") {
  const Accepted rows[] = {
      {"mx.münchen.example", "mx.xn--mnchen-3ya.example", "a host"},
      {"*.münchen.example", "*.xn--mnchen-3ya.example", "MTA-STS's wildcard"},
      {".münchen.example", "*.xn--mnchen-3ya.example", "a list's suffix"},
      {"*.Example.ORG.", "*.example.org", "capitals and a trailing dot"},
      {".EXAMPLE.org", "*.example.org", "a suffix in capitals"},
      {"mx.bücher.EXAMPLE.", "mx.xn--bcher-kva.example", "mixed, with a trailing dot"},
  };
  for (const Accepted& row : rows) {
    INFO(row.why << ": " << row.text);
    const auto pattern = parse_mx_pattern(row.text);
    REQUIRE(pattern);
    CHECK(pattern->text() == row.becomes);
  }
  const Refused refused[] = {
      {"*", "only a wildcard"},
      {"*.", "nothing behind the wildcard"},
      {"*.ü", "a wildcard for a whole top-level domain"},
      {"*.*.bücher.example", "two wildcards"},
      {"**.bücher.example", "two stars"},
      {"..bücher.example", "two dots"},
      {".*.bücher.example", "a wildcard behind a dot"},
      {"*bücher.example", "a star inside a label"},
      {"mx.*.bücher.example", "a wildcard in the middle"},
      {"[mx.bücher.example]", "brackets"},
      {"[*.bücher.example", "a bracket before a wildcard"},
      {"hostname", "Postfix's keyword: trust any MX name"},
      {"nexthop", "Postfix's keyword"},
      {"dot-nexthop", "Postfix's keyword"},
      {"mx.bücher.example protocols=SSLv3", "an attribute behind a space"},
      {"mx.bücher.example:25", "a port"},
  };
  for (const Refused& row : refused) {
    INFO(row.why << ": " << row.text);
    CHECK_FALSE(parse_mx_pattern(row.text));
  }
}

TEST_CASE("A next-hop keeps brackets and port when its name is converted") {
  const Accepted rows[] = {
      {"[bücher.example]:587", "[xn--bcher-kva.example]:587", "a relay with a port"},
      {"[Bücher.Example.]", "[xn--bcher-kva.example]", "a relay"},
      {"bücher.example:465", "xn--bcher-kva.example:465", "a domain with a port"},
      {".bücher.example", ".xn--bcher-kva.example", "every subdomain"},
      {"BÜCHER.example.", "xn--bcher-kva.example", "a domain"},
      {"[relay.acme.example]:587", "[relay.acme.example]:587", "ASCII is not touched"},
  };
  for (const Accepted& row : rows) {
    INFO(row.why << ": " << row.text);
    const auto key = parse_policy_key(row.text);
    REQUIRE(key);
    CHECK(key->text() == row.becomes);
  }
  const Refused refused[] = {
      {"[bücher.example", "the bracket is not closed"},
      {"bücher.example]", "the bracket is not opened"},
      {"[bücher.example]587", "no colon before the port"},
      {"[bücher.example]:0", "port 0"},
      {"[bücher.example]:65536", "a port over 65535"},
      {"[bücher.example]:５８７", "a port in full-width digits"},
      {"[.bücher.example]", "a pattern in brackets"},
      {"[*.bücher.example]", "a wildcard in brackets"},
      {"*.bücher.example", "a wildcard is not a key"},
      {".bücher.example:25", "a pattern with a port"},
      {"[192.0.2.1]", "an address literal has no policy"},
      {"[IPv6:2001:db8::1]", "an address literal has no policy"},
      {"[[bücher.example]]", "brackets in brackets"},
      {"[]:587", "nothing in the brackets"},
  };
  for (const Refused& row : refused) {
    INFO(row.why << ": " << row.text);
    CHECK_FALSE(parse_policy_key(row.text));
  }
}

}  // namespace
}  // namespace tlspact

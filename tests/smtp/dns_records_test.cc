// SPDX-License-Identifier: MIT
#include "smtp/dns_records.h"

#include "tests/support/catch.h"
#include "tests/support/scripted_resolver.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

std::string label(std::size_t size) {
  return static_cast<char>(size) + std::string(size, 'a');
}

}  // namespace

TEST_CASE("a name on the wire as text (RFC 1035 section 3.1)") {
  struct Row {
    std::string wire;
    std::string text;
    const char* why;
  };
  const Row rows[] = {
      {bytes("00"), "", "the root"},
      {wire_name("mx1.acme.example"), "mx1.acme.example", "a host"},
      {wire_name("MX1.Acme.EXAMPLE"), "mx1.acme.example", "lower-case"},
      {wire_name("_25._tcp.acme.example"), "_25._tcp.acme.example", "underscores"},
      {bytes("03 61 2e 62 01 63 00"), R"(a\.b.c)", "a dot inside a label"},
      {bytes("03 61 5c 62 00"), R"(a\\b)", "a backslash"},
      {bytes("04 61 00 20 ff 00"), R"(a\000\032\255)", "unprintable bytes"},
      {bytes("02 0a 0d 00"), R"(\010\013)", "line ends"},
      {bytes("01 41 07 65 58 61 6d 70 6c 65 00"), "a.example", "mixed case"},
      {bytes("03 61 2e 62 01 63 00"), R"(a\.b.c)", "a dot inside a label, and one behind it"},
      {bytes("03 00 20 ff 01 5c 00"), R"(\000\032\255.\\)", "nothing that prints, and a backslash"},
      {label(63) + '\0', std::string(63, 'a'), "the longest label"},
      {label(63) + label(63) + label(63) + label(61) + '\0',
       std::string(63, 'a') + '.' + std::string(63, 'a') + '.' + std::string(63, 'a') + '.' +
           std::string(61, 'a'),
       "the longest name"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto name = parse_dns_name(row.wire);
    REQUIRE(name);
    CHECK(*name == row.text);
  }
}

TEST_CASE("a name that is not one") {
  struct Row {
    std::string wire;
    const char* why;
  };
  const Row rows[] = {
      {"", "nothing"},
      {bytes("03 61 62 63"), "no end"},
      {bytes("04 61 62 63"), "a label that is cut off"},
      {bytes("00 00"), "something behind"},
      {bytes("c0 0c"), "compressed (RFC 1035 section 4.1.4)"},
      {bytes("01 61 c0 00"), "compressed behind a label"},
      {label(64) + '\0', "a label type that nobody has, or 64 bytes"},
      {label(0xc0) + '\0', "as long as a compressed label would say"},
      {label(63) + label(63) + label(63) + label(62) + '\0', "256 bytes"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK_FALSE(parse_dns_name(row.wire));
  }
}

TEST_CASE("an MX record (RFC 1035 section 3.3.9)") {
  CHECK(*MxRecord::parse(wire_mx(10, "MX1.acme.example")) == MxRecord{10, "mx1.acme.example"});
  CHECK(*MxRecord::parse(wire_mx(65535, "a")) == MxRecord{65535, "a"});
  CHECK(*MxRecord::parse(wire_mx(0, "")) == MxRecord{0, ""});
  CHECK_FALSE(MxRecord::parse(""));
  CHECK_FALSE(MxRecord::parse(bytes("00 0a")));
  CHECK_FALSE(MxRecord::parse(bytes("00 0a 03 61")));
  CHECK_FALSE(MxRecord::parse(wire_mx(10, "a.b") + 'x'));
}

TEST_CASE("an address record (RFC 1035 section 3.4.1, RFC 3596 section 2.2)") {
  CHECK(parse_address(bytes("c0 00 02 01"))->to_string() == "192.0.2.1");
  CHECK(parse_address(bytes("20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01"))->to_string() ==
        "2001:db8::1");
  CHECK_FALSE(parse_address(""));
  CHECK_FALSE(parse_address(bytes("c0 00 02")));
  CHECK_FALSE(parse_address(bytes("c0 00 02 01 00")));
}

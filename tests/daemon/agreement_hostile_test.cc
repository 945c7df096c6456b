// SPDX-License-Identifier: MIT
/// Text that would mean something else in a map, a shell or a log, in every field of an agreement.
#include <algorithm>
#include <string>

#include "daemon/sources/agreement_parser.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

struct Hostile {
  std::string toml;  ///< the inside of a basic string of TOML
  const char* why;
};

std::string agreement(const std::string& domain, const std::string& more) {
  return "[[agreement]]\npartner = \"A\"\nlevel = \"secure\"\ndomains = [\"" + domain + "\"]\n" +
         more;
}

/// Refused, and the message is one printable line that names the file.
void check_refused(const std::string& text, const std::string& why) {
  INFO(why << "\n" << text.substr(0, 400));
  const auto agreements = parse_agreements(text, "acme.toml");
  CHECK_FALSE(agreements);
  if (agreements) return;
  const std::string& message = agreements.error().text;
  INFO(message);
  CHECK(message.starts_with("acme.toml:"));
  CHECK(message.size() < 500);
  CHECK(std::ranges::none_of(
      message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

TEST_CASE("Hostile text is refused wherever a name is expected") {
  const Hostile values[] = {
      {"", "empty"},
      {" ", "a space"},
      {"acme.example none", "a second word"},
      {"acme.example\\nevil.example none", "a newline: another line of the map"},
      {"acme.example\\r", "a carriage return"},
      {"acme.example\\t", "a tab"},
      {"acme.example\\u0000", "NUL"},
      {"acme\\u0000.example", "NUL inside"},
      {"acme.example\\u001B[31m", "an escape of a terminal"},
      {"acme.example\\u007F", "DEL"},
      {"acme.example\\u2028", "a line separator of Unicode"},
      {"acme.example\\u202E", "text turned round"},
      {"hostname", "Postfix's keyword"},
      {"nexthop", "Postfix's keyword"},
      {"dot-nexthop", "Postfix's keyword"},
      {"{acme.example}", "braces"},
      {"{}", "braces"},
      {"acme.example=x", "an equals sign"},
      {"protocols=SSLv3", "an attribute"},
      {"acme.example,evil.example", "a comma"},
      {"acme.example;evil.example", "a semicolon"},
      {"acme.example|evil.example", "a bar"},
      {"acme.example:hostname", "a colon and a keyword"},
      {"$acme.example", "a dollar"},
      {"${run{/bin/id}}", "Exim's expansion"},
      {"`id`.example", "a shell's expansion"},
      {"acme.example/24", "a slash"},
      {"\\\\acme.example", "a backslash"},
      {"'acme.example'", "quotes"},
      {"#acme.example", "a comment"},
      {"user@acme.example", "an address of mail"},
      {"192.0.2.1", "an IPv4 address"},
      {"[192.0.2.1]", "an IPv4 literal"},
      {"2001:db8::1", "an IPv6 address"},
      {"[IPv6:2001:db8::1]", "an IPv6 literal"},
      {std::string(300, 'a') + ".example", "a label of 300 bytes"},
      {std::string(1 << 20, 'a') + ".example", "a label of a megabyte"},
      {"acme", "one label"},
      {"acme..example", "an empty label"},
      {"..acme.example", "two dots"},
      {"mx.*.example", "a star inside"},
      {"*", "a star"},
      {"☃.example", "a symbol"},
  };
  for (const Hostile& value : values) {
    const std::string why{value.why};
    check_refused(agreement(value.toml, ""), why + ", in domains");
    check_refused(agreement("a.example", "mx = [\"" + value.toml + "\"]\n"), why + ", in mx");
    check_refused(agreement("a.example", "match = [\"" + value.toml + "\"]\n"), why + ", in match");
    check_refused(
        agreement("a.example", "[agreement.inbound]\nsender_domains = [\"" + value.toml + "\"]\n"),
        why + ", in sender_domains");
  }
  check_refused(agreement("[relay.acme.example]:0", ""), "port 0");
  check_refused(agreement("[relay.acme.example]:587 none", ""), "a word behind the port");
  check_refused(agreement("[relay.acme.example]:smtp", ""), "a port by name");
  check_refused(agreement("*.acme.example", ""), "a star is not how subdomains are written");
  check_refused(agreement(".acme.example:25", ""), "subdomains with a port");
}

TEST_CASE("Hostile text is refused wherever a path is expected") {
  const Hostile values[] = {
      {"ca.pem", "relative"},
      {"./ca.pem", "relative"},
      {"~/ca.pem", "a home directory"},
      {"/etc/ca file.pem", "a space"},
      {"/etc/ca.pem\\nevil.example none", "a newline"},
      {"/etc/ca.pem\\u0000", "NUL"},
      {"/etc/ca.pem\\u007F", "DEL"},
      {"/etc/ca.pem:/etc/other.pem", "a colon"},
      {"/etc/ca.pem,x", "a comma"},
      {"/etc/{ca}.pem", "braces"},
      {"/etc/ca=.pem", "an equals sign"},
      {"/etc/$ca.pem", "a dollar"},
      {"/etc/`id`.pem", "backquotes"},
      {"/etc/ca.pem;x", "a semicolon"},
      {"/etc/ca.pem#", "a hash"},
      {"/etc/\\\\ca.pem", "a backslash"},
      {"/etc/c\\u00E4.pem", "not ASCII"},
      {"/etc/*.pem", "a star"},
  };
  for (const Hostile& value : values) {
    const std::string why{value.why};
    check_refused(agreement("a.example", "ca_file = \"" + value.toml + "\"\n"), why);
    check_refused(agreement("a.example", "client_certificate = \"" + value.toml +
                                             "\"\nclient_key = \"/etc/k.pem\"\n"),
                  why + ", client_certificate");
    check_refused(agreement("a.example", "client_certificate = \"/etc/c.pem\"\nclient_key = \"" +
                                             value.toml + "\"\n"),
                  why + ", client_key");
  }
}

TEST_CASE("Control bytes are refused in what is only shown; other text stays as it is") {
  for (const char* key : {"contact", "reference", "reason"}) {
    for (const char* value : {"a\\nb", "a\\r", "\\t", "\\u0000", "\\u001B[31m", "a\\u007Fb"})
      check_refused(agreement("a.example", std::string{key} + " = \"" + value + "\"\n"), key);
    const std::string kind = "{} = , ; $x `y` <b>'z' \\\"quoted\\\" Zoë 例";
    const auto agreements =
        parse_agreements(agreement("a.example", std::string{key} + " = \"" + kind + "\"\n"), "f");
    REQUIRE(agreements);
    const Agreement& read = *agreements->front();
    CHECK((read.contact + read.reference + read.reason) ==
          "{} = , ; $x `y` <b>'z' \"quoted\" Zoë 例");
  }
  check_refused("[[agreement]]\npartner = \"a\\nb\"\nlevel = \"secure\"\ndomains = [\"a.example\"]",
                "partner");
}

TEST_CASE("Fingerprints that are none are refused") {
  const std::string hex(64, 'a');
  const std::vector<std::string> values = {"",
                                           hex,
                                           "sha256:" + hex + "a",
                                           "sha256:" + hex.substr(1),
                                           "sha256:",
                                           "sha1:" + hex.substr(24),
                                           "md5:" + hex.substr(32),
                                           "SHA256:" + hex,
                                           "spki:" + hex,
                                           "sha256: " + hex,
                                           "sha256:" + hex + " ",
                                           "sha256:" + hex.substr(1) + "g",
                                           "sha256:" + hex + "\\nx",
                                           "spki-sha256:" + hex + "\\u0000"};
  for (const std::string& value : values) {
    const std::string text = "fingerprints = [\"" + value + "\"]\n";
    check_refused(
        "[[agreement]]\npartner = \"A\"\nlevel = \"fingerprint\"\n"
        "domains = [\"a.example\"]\n" +
            text,
        "outbound");
    check_refused(agreement("a.example",
                            "[agreement.inbound]\nnetworks = [\"192.0.2.1\"]\n"
                            "require = \"client-certificate\"\n" +
                                text),
                  "inbound");
  }
}

TEST_CASE("An agreement file that is no TOML or nests without end is refused and does not crash") {
  constexpr std::size_t kDeep = 100'000;
  std::string tables;
  for (std::size_t i = 0; i < kDeep; ++i)
    tables += "{a=";
  const Hostile texts[] = {
      {std::string{"\0", 1}, "NUL"},
      {std::string{"[[agreement]]\npartner = \"A\0B\"\n", 31}, "NUL in a text"},
      {"[[agreement]]\npartner = \"A\xFF\"\n", "no UTF-8"},
      {"[[agreement]]\npartner = \"A\n\"\n", "a bare newline in a text"},
      {"{\"agreement\": []}", "JSON"},
      {"<agreement/>", "XML"},
      {"agreement = " + std::string(kDeep, '['), "arrays in arrays"},
      {"agreement = " + tables, "tables in tables"},
  };
  for (const Hostile& text : texts) {
    INFO(text.why);
    check_refused(text.toml, text.why);
  }
}

TEST_CASE("A key of 100,000 parts is refused and does not crash") {
  std::string parts;
  for (int i = 0; i < 100'000; ++i)
    parts += ".a";
  SECTION("as a key") {
    check_refused("agreement" + parts + " = 1\n", "a key");
  }
  SECTION("as a table") {
    check_refused("[agreement" + parts + "]\n", "a table");
  }
  SECTION("as an array of tables") {
    check_refused("[[agreement" + parts + "]]\n", "an array");
  }
  SECTION("as a key of an agreement") {
    check_refused("[[agreement]]\ninbound" + parts + " = 1\n", "a key of an agreement");
  }
}

TEST_CASE("An agreement file that is cut off anywhere is no crash") {
  const std::string whole = agreement("[relay.bücher.example]:587",
                                      "mx = [\"mx.a.example\"]\nexpires = 2027-01-01T00:00:00Z\n"
                                      "[agreement.inbound]\nnetworks = [\"2001:db8::/32\"]\n");
  REQUIRE(parse_agreements(whole, "acme.toml"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto agreements = parse_agreements(whole.substr(0, size), "acme.toml");
    if (!agreements) CHECK(agreements.error().text.starts_with("acme.toml:"));
  }
}

}  // namespace
}  // namespace tlspact

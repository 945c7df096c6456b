// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_grammar.h"

#include "tests/support/catch.h"

using namespace tlspact;

namespace {

constexpr PostfixVersion kDebian12{3, 7, 11};
constexpr PostfixVersion kDebian13{3, 10, 13};

const std::string kDigest =
    "A2:68:D3:E7:59:58:B0:FA:EB:AC:1A:71:ED:05:DE:90:90:C0:E4:88:BB:65:2C:CC:BB:09:8A:80:25:BD:1A:"
    "6E";

}  // namespace

TEST_CASE("lines that Postfix accepts are read") {
  const std::string group =
      " policy_type=sts policy_domain=acme.example mx_host_pattern=*.m.acme.example"
      " { policy_string = version: STSv1 } { policy_string = mode: enforce }";
  struct Row {
    std::string value;
    PostfixVersion version;
  };
  const Row rows[] = {
      {"none", kDebian12},
      {"may", kDebian12},
      {"may protocols=>=TLSv1.2", kDebian12},
      {"encrypt ciphers=high protocols=>=TLSv1.2", kDebian12},
      {"encrypt protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1", {3, 3, 0}},
      {"dane", kDebian12},
      {"dane-only protocols=>=TLSv1.2", kDebian12},
      {"secure match=mx1.good.test:.good.test", kDebian12},
      {"secure match=a.test:b.test match=mx1.good.test", kDebian12},
      {"secure,match=mx1.good.test,ciphers=high", kDebian12},
      {"secure match=mx1.good.test servername=hostname tafile=/etc/ta.pem", kDebian12},
      {"fingerprint match=" + kDigest + "|" + kDigest, kDebian12},
      {"secure match=mx1.good.test servername=hostname" + group, kDebian13},
      {"secure { match = mx1.good.test }", kDebian13},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    const auto line = read_postfix_value(row.value, row.version);
    if (!line) FAIL_CHECK(line.error().text);
  }
}

TEST_CASE("lines that Postfix refuses, or that we never write, are refused") {
  struct Row {
    std::string value;
    const char* why;
    PostfixVersion version = kDebian12;
  };
  const Row rows[] = {
      {"", "an empty result defers"},
      {"secur match=x.test", "a bad level"},
      {"SECURE match=x.test", "never written in capitals"},
      {"verify match=x.test", "never written"},
      {"secure foo=bar match=x.test", "an unknown attribute"},
      {"secure match", "no ="},
      {"secure match=", "an empty value: Postfix defers all mail to the domain"},
      {"secure", "without match= Postfix checks other names than the policy's"},
      {"fingerprint", "no match"},
      {"fingerprint match=AA:BB", "not a SHA-256 digest"},
      {"fingerprint match=mx1.good.test", "a name"},
      {"may match=mx1.good.test", "match at may"},
      {"encrypt match=mx1.good.test", "match at encrypt"},
      {"dane match=mx1.good.test", "match at dane"},
      {"dane-only match=mx1.good.test", "match at dane-only"},
      {"encrypt tafile=/etc/ta.pem", "tafile at encrypt"},
      {"secure match=x.test tafile=ta.pem", "a relative path"},
      {"secure match=hostname", "a keyword: trusts the MX name from DNS"},
      {"secure match=nexthop", "a keyword"},
      {"secure match=.", "no name"},
      {"secure match=*.good.test", "match= knows no *"},
      {"secure match=192.0.2.1", "an address"},
      {"secure match=a.test:", "an empty name"},
      {"secure match=a.test servername=bad_host!", "an invalid servername"},
      {"secure match=a.test ciphers=high ciphers=high", "a repeated attribute"},
      {"secure match=a.test ciphers=bogus", "found by Postfix only at the handshake"},
      {"encrypt protocols=>=TLSv9", "found by Postfix only at the handshake"},
      {"encrypt protocols=>=TLSv1.2", "no ranges before 3.6", {3, 5, 0}},
      {"secure match=a.test servername=hostname", "no servername before 3.4", {3, 3, 0}},
      {"secure match=a.test # comment", "no comments"},
      {"secure { match = a.test }", "no braces before 3.10"},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test "
       "policy_string=x",
       "no group before 3.10"},
      {"secure match=a.test policy_type=tlsa policy_domain=a.test mx_host_pattern=a.test "
       "policy_string=x",
       "an unexpected policy_type", kDebian13},
      {"secure match=a.test policy_domain=a.test", "the group without policy_type", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test",
       "no policy_string: can crash 3.10.0 to 3.10.5", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test policy_string=x",
       "no mx_host_pattern", kDebian13},
      {"secure policy_type=sts policy_domain=a.test mx_host_pattern=a.test policy_string=x",
       "no match=: the next-hop's name would be checked", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=.a.test "
       "policy_string=x",
       ".x is compared literally", kDebian13},
      {"encrypt policy_type=sts policy_domain=a.test mx_host_pattern=a.test policy_string=x",
       "the group binds nothing at encrypt", kDebian13},
      {"secure match=a.test { policy_string = x", "an open brace", kDebian13},
      {"secure match=a.test { policy_string = x }y=z", "text behind a brace", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test "
       "{ policy_string = { }",
       "Postfix counts: two opened, one closed", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test "
       "{ policy_string = {x} }",
       "Postfix would take it, but it is never written", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test "
       "policy_string=x{ ciphers=high",
       "an open brace inside a word swallows the next", kDebian13},
      {"secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test "
       "policy_string=x}",
       "a closing brace inside a word is never written", kDebian13},
      {"secure match=a.test\nevil.test none", "a newline"},
      {"secure match=a.test\x01", "a control byte"},
      {std::string("secure match=a.test\0", 20), "NUL"},
      {"secure match=b\xC3\xBC.test", "not ASCII"},
  };
  for (const Row& row : rows) {
    INFO(row.value << " -- " << row.why);
    CHECK_FALSE(read_postfix_value(row.value, row.version));
  }
}

TEST_CASE("a value has a limit of 99,000 bytes") {
  std::string value = "secure match=a.test";
  while (value.size() < kMaxPostfixValue - 7)
    value += ":a.test";
  CHECK(read_postfix_value(value, kDebian12));
  CHECK_FALSE(read_postfix_value(value + ":aaaaaaaaaaa.test", kDebian12));
}

TEST_CASE("keys are next-hops in their normal form") {
  CHECK(check_postfix_key("acme.example"));
  CHECK(check_postfix_key("[relay.acme.example]:587"));
  CHECK_FALSE(check_postfix_key("ACME.example"));
  CHECK_FALSE(check_postfix_key("acme.example."));
  CHECK_FALSE(check_postfix_key("acme.example none\nx.example"));
  CHECK_FALSE(check_postfix_key("#comment"));
}

// SPDX-License-Identifier: MIT
#include "generators/exim/exim_grammar.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("what the writer writes is read") {
  for (const char* value :
       {"level=none", "level=default", R"(level=secure mxre=^(?:mx1\.acme\.example)$)",
        "level=fingerprint pin=A1", R"(level=secure namechk=san san=^(?:a\.example)$ ca=/ca.pem)",
        "level=encrypt cert=/c.pem key=/k.pem ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3 "
        "sni=a.example"}) {
    INFO(value);
    CHECK(read_exim_value(value));
  }
}

TEST_CASE("what would fail open, or be read differently, is refused") {
  struct Row {
    const char* value;
    const char* why;
  };
  const Row rows[] = {
      {"", "no level"},
      {"foo=bar", "no level: as first tested, such an entry was delivered in clear"},
      {"level=secur", "a mistyped level: the same"},
      {"level=", "an empty level"},
      {"mxre=^(?:a)$ level=secure", "level is not first"},
      {"level=secure level=none", "a repeated word"},
      {"level=secure  ca=/ca.pem", "two spaces make an empty word"},
      {"level=secure mxre=a.example", "not anchored: matches anywhere"},
      {"level=secure mxre=^a$", "not the form that is written"},
      {"level=secure ca=ca.pem", "a relative path"},
      {"level=fingerprint", "no pin"},
      {"level=secure pin=A1", "a pin that is not looked at"},
      {"level=secure namechk=san", "no names"},
      {"level=secure namechk=cn san=^(?:a)$", "another check"},
      {"level=secure unknown=x", "an unknown word"},
      {"level=secure ca=\"/a b\"", "quotes"},
      {"level=secure\nca=/ca.pem", "a newline"},
  };
  for (const Row& row : rows) {
    INFO(row.value << " -- " << row.why);
    CHECK_FALSE(read_exim_value(row.value));
  }
}

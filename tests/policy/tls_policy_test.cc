// SPDX-License-Identifier: MIT
#include "policy/tls_policy.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("levels are ordered none < may < dane < encrypt < the authenticated ones") {
  CHECK((compare_strength(Level::none, Level::may) < 0));
  CHECK((compare_strength(Level::may, Level::dane) < 0));
  CHECK((compare_strength(Level::dane, Level::encrypt) < 0));
  CHECK((compare_strength(Level::encrypt, Level::secure) < 0));
  CHECK((compare_strength(Level::secure, Level::dane_only) == 0));
  CHECK((compare_strength(Level::secure, Level::fingerprint) == 0));
}

TEST_CASE("names are read back") {
  for (const Level level : {Level::none, Level::may, Level::encrypt, Level::dane, Level::dane_only,
                            Level::fingerprint, Level::secure})
    CHECK(parse_level(level_name(level)) == level);
  CHECK_FALSE(parse_level("verify"));
  CHECK_FALSE(parse_level("SECURE"));
  CHECK(parse_tls_version("TLSv1.2") == TlsVersion::tls1_2);
  CHECK_FALSE(parse_tls_version("SSLv3"));
  CHECK_FALSE(parse_cipher_grade("bogus"));
}

TEST_CASE("fingerprints say what they are of") {
  const std::string hex = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";
  const auto certificate = Fingerprint::parse("sha256:" + hex);
  REQUIRE(certificate);
  CHECK(certificate->of == Fingerprint::Of::certificate);
  CHECK(certificate->sha256[1] == 0x23);
  CHECK(Fingerprint::parse("spki-sha256:" + hex)->of == Fingerprint::Of::public_key);

  std::string colons;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    colons += (i == 0 ? "" : ":") + hex.substr(i, 2);
  CHECK(Fingerprint::parse("sha256:" + colons)->sha256 == certificate->sha256);

  const std::string bad[] = {hex,
                             "sha1:" + hex,
                             "sha256:" + hex.substr(2),
                             "sha256:" + hex + "00",
                             "sha256:",
                             "sha256:" + hex.substr(1) + "g",
                             "sha256: " + hex,
                             "sha256::" + hex};
  for (const std::string& text : bad) {
    INFO(text);
    CHECK_FALSE(Fingerprint::parse(text));
  }
}

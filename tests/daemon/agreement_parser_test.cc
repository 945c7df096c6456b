// SPDX-License-Identifier: MIT
#include "daemon/sources/agreement_parser.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using Words = std::vector<std::string>;

const char* const kSample = R"([[agreement]]
partner  = "Acme Bank"
domains  = ["acme.example", ".acme.example", "[relay.acme.example]:587"]
level    = "secure"                        # encrypt, dane-only, secure, fingerprint
mx       = ["mx1.acme.example", "*.mail.acme.example"]
match    = []                              # certificate names; empty: the MX host's name
ca_file  = ""                              # this partner's own CA
fingerprints = []                          # "sha256:<hex>" or "spki-sha256:<hex>"
min_tls  = "TLSv1.2"
ciphers  = ""                              # Postfix grade (medium, high)
client_certificate = ""
client_key = ""
contact  = "security@acme.example"
reference = "DPA-2026-17"
starts   = 2026-01-01
expires  = 2027-01-01
exception = false                          # true: final even if weaker; needs reason and expires
reason   = ""

[agreement.inbound]                        # what they promised for mail to us
networks = ["192.0.2.0/24", "2001:db8:1::/48"]
sender_domains = ["acme.example"]
require  = "encrypt"                       # or "client-certificate", then with fingerprints
fingerprints = []
)";

std::vector<std::shared_ptr<const Agreement>> good(const std::string& text) {
  auto agreements = parse_agreements(text, "acme.toml");
  INFO((agreements ? "" : agreements.error().text));
  REQUIRE(agreements);
  return *std::move(agreements);
}

/// One agreement at level secure; `more` begins on line 6.
std::string with(const std::string& more) {
  return "[[agreement]]\npartner = \"Acme\"\ndomains = [\"acme.example\"]\nlevel = \"secure\"\n"
         "mx = [\"mx.acme.example\"]\n" +
         more + "\n";
}
/// One agreement at this level; `more` begins on line 5.
std::string at_level(const std::string& level, const std::string& more = "") {
  return "[[agreement]]\npartner = \"Acme\"\ndomains = [\"acme.example\"]\nlevel = \"" + level +
         "\"\n" + more + "\n";
}

Words texts(const std::vector<MxPattern>& patterns) {
  Words out;
  for (const MxPattern& each : patterns)
    out.push_back(each.text());
  return out;
}

TEST_CASE("The sample agreement is read with every field") {
  const auto agreements = good(kSample);
  REQUIRE(agreements.size() == 1);
  const Agreement& agreement = *agreements.front();
  CHECK(agreement.partner == "Acme Bank");
  CHECK(agreement.position.text() == "acme.toml:1:1");
  REQUIRE(agreement.domains.size() == 3);
  CHECK(agreement.domains[0].key.text() == "acme.example");
  CHECK(agreement.domains[0].position.text() == "acme.toml:3:13");
  CHECK(agreement.domains[1].key.text() == ".acme.example");
  CHECK(agreement.domains[1].position.text() == "acme.toml:3:29");
  CHECK(agreement.domains[2].key.text() == "[relay.acme.example]:587");
  CHECK(agreement.domains[2].key.bracketed);
  CHECK(agreement.domains[2].key.port == 587);
  CHECK(agreement.policy.level == Level::secure);
  CHECK_FALSE(agreement.policy.dane_where_present);
  CHECK(texts(agreement.policy.mx) == Words{"mx1.acme.example", "*.mail.acme.example"});
  CHECK(agreement.policy.certificate_names.empty());
  CHECK(agreement.policy.ca_file.empty());
  CHECK(agreement.policy.pins.empty());
  CHECK(agreement.policy.min_tls == TlsVersion::tls1_2);
  CHECK_FALSE(agreement.policy.ciphers);
  CHECK(agreement.policy.client_certificate.empty());
  CHECK(agreement.policy.client_key.empty());
  CHECK(agreement.contact == "security@acme.example");
  CHECK(agreement.reference == "DPA-2026-17");
  REQUIRE(agreement.starts);
  CHECK(format_time(*agreement.starts) == "2026-01-01T00:00:00Z");
  REQUIRE(agreement.expires);
  CHECK(format_time(*agreement.expires) == "2027-01-01T00:00:00Z");
  CHECK_FALSE(agreement.exception);
  CHECK(agreement.reason.empty());
  REQUIRE(agreement.inbound);
  REQUIRE(agreement.inbound->networks.size() == 2);
  CHECK(agreement.inbound->networks[0].text() == "192.0.2.0/24");
  CHECK(agreement.inbound->networks[1].text() == "2001:db8:1::/48");
  CHECK(agreement.inbound->sender_domains == std::vector<Domain>{test::domain("acme.example")});
  CHECK(agreement.inbound->require == InboundAgreement::Require::encrypt);
  CHECK(agreement.inbound->fingerprints.empty());
}

TEST_CASE("A file may hold no agreement, or several") {
  CHECK(good("").empty());
  CHECK(good("# nothing yet\n\n").empty());
  CHECK(good("agreement = []\n").empty());
  const auto two = good(with("") +
                        "[[agreement]]\npartner = \"Other\"\nlevel = \"encrypt\"\n"
                        "domains = [\".acme.example\", \"[acme.example]\", \"acme.example:25\"]\n");
  REQUIRE(two.size() == 2);
  CHECK(two[0]->partner == "Acme");
  CHECK(two[1]->position.text() == "acme.toml:7:1");
  CHECK(two[1]->domains.size() == 3);
  CHECK_FALSE(two[1]->inbound);
}

TEST_CASE("Names in an agreement are lower-case A-labels") {
  const auto agreements = good(
      "[[agreement]]\npartner = \"Bücher\"\nlevel = \"secure\"\n"
      "domains = [\"BÜCHER.example.\", \".bücher.example\", \"[bücher.example]:587\"]\n"
      "mx = [\"MX.Bücher.example\", \"*.bücher.example\", \".bücher.example\"]\n"
      "match = [\".münchen.example\"]\n"
      "[agreement.inbound]\nsender_domains = [\"BÜCHER.example\"]\n");
  REQUIRE(agreements.size() == 1);
  const Agreement& agreement = *agreements.front();
  CHECK(agreement.domains[0].key.text() == "xn--bcher-kva.example");
  CHECK(agreement.domains[1].key.text() == ".xn--bcher-kva.example");
  CHECK(agreement.domains[2].key.text() == "[xn--bcher-kva.example]:587");
  CHECK(texts(agreement.policy.mx) == Words{"mx.xn--bcher-kva.example", "*.xn--bcher-kva.example"});
  CHECK(texts(agreement.policy.certificate_names) == Words{"*.xn--mnchen-3ya.example"});
  REQUIRE(agreement.inbound);
  CHECK(agreement.inbound->sender_domains[0].text() == "xn--bcher-kva.example");
  CHECK(agreement.partner == "Bücher");
}

TEST_CASE("Every level is read, and TLS 1.2 is the least unless the agreement says otherwise") {
  const std::string pin = "sha256:" + std::string(64, 'a');
  struct Row {
    std::string text;
    Level level;
    std::optional<TlsVersion> min_tls;
  };
  const std::string exception =
      "exception = true\nreason = \"old machine\"\nexpires = 2026-12-01\n";
  const Row rows[] = {
      {at_level("encrypt"), Level::encrypt, TlsVersion::tls1_2},
      {at_level("encrypt", "mx = [\"mx.acme.example\"]"), Level::encrypt, TlsVersion::tls1_2},
      {at_level("dane-only"), Level::dane_only, TlsVersion::tls1_2},
      {at_level("secure"), Level::secure, TlsVersion::tls1_2},
      {at_level("secure", "min_tls = \"TLSv1.3\""), Level::secure, TlsVersion::tls1_3},
      {at_level("encrypt", "min_tls = \"TLSv1\""), Level::encrypt, TlsVersion::tls1_0},
      {at_level("encrypt", "min_tls = \"TLSv1.1\""), Level::encrypt, TlsVersion::tls1_1},
      {at_level("fingerprint", "fingerprints = [\"" + pin + "\"]"), Level::fingerprint,
       TlsVersion::tls1_2},
      {at_level("may", exception), Level::may, std::nullopt},
      {at_level("none", exception), Level::none, std::nullopt},
      {at_level("may", exception + "min_tls = \"TLSv1.2\""), Level::may, TlsVersion::tls1_2},
      {at_level("encrypt", exception), Level::encrypt, TlsVersion::tls1_2},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto agreements = good(row.text);
    REQUIRE(agreements.size() == 1);
    CHECK(agreements[0]->policy.level == row.level);
    CHECK(agreements[0]->policy.min_tls == row.min_tls);
  }
}

TEST_CASE("Pins, certificates, ciphers and paths are read") {
  const std::string hex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
  const auto pinned =
      good(at_level("fingerprint", "fingerprints = [\"sha256:" + hex + "\", \"spki-sha256:" + hex +
                                       "\"]\n" + "ciphers = \"medium\""));
  REQUIRE(pinned[0]->policy.pins.size() == 2);
  CHECK(pinned[0]->policy.pins[0].of == Fingerprint::Of::certificate);
  CHECK(pinned[0]->policy.pins[0].sha256[1] == 0x11);
  CHECK(pinned[0]->policy.pins[1].of == Fingerprint::Of::public_key);
  CHECK(pinned[0]->policy.ciphers == CipherGrade::medium);

  const auto secure =
      good(with("match = [\"acme.example\", \"*.acme.example\"]\n"
                "ca_file = \"/etc/tlspact/ca/acme_2026+root@1.pem\"\n"
                "client_certificate = \"/etc/tlspact/client.pem\"\n"
                "client_key = \"/etc/tlspact/client.key\"\nciphers = \"high\""));
  const TlsPolicy& policy = secure[0]->policy;
  CHECK(texts(policy.certificate_names) == Words{"acme.example", "*.acme.example"});
  CHECK(policy.ca_file == "/etc/tlspact/ca/acme_2026+root@1.pem");
  CHECK(policy.client_certificate == "/etc/tlspact/client.pem");
  CHECK(policy.client_key == "/etc/tlspact/client.key");
  CHECK(policy.ciphers == CipherGrade::high);
}

TEST_CASE("Dates are read with and without a time") {
  struct Row {
    const char* text;
    const char* time;
  };
  const Row rows[] = {
      {"2027-01-01", "2027-01-01T00:00:00Z"},
      {"2027-01-01T12:30:00Z", "2027-01-01T12:30:00Z"},
      {"2027-01-01 12:30:00Z", "2027-01-01T12:30:00Z"},
      {"2027-01-01T01:00:00+02:00", "2026-12-31T23:00:00Z"},
      {"2027-01-01T01:00:00-08:30", "2027-01-01T09:30:00Z"},
      {"2027-01-01T01:00:00.999Z", "2027-01-01T01:00:00Z"},
      {"2028-02-29", "2028-02-29T00:00:00Z"},
      {"9999-12-31", "9999-12-31T00:00:00Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto agreements = good(with("expires = " + std::string{row.text}));
    REQUIRE(agreements[0]->expires);
    CHECK(format_time(*agreements[0]->expires) == row.time);
    CHECK_FALSE(agreements[0]->starts);
  }
}

TEST_CASE("Inbound rules are read") {
  const auto encrypt = good(with("[agreement.inbound]\nsender_domains = [\"a.example\"]"));
  REQUIRE(encrypt[0]->inbound);
  CHECK(encrypt[0]->inbound->require == InboundAgreement::Require::encrypt);
  const auto networks = good(with("[agreement.inbound]\nnetworks = [\"192.0.2.7\", \"::1\"]"));
  CHECK(networks[0]->inbound->networks.size() == 2);
  const auto certificate = good(
      with("[agreement.inbound]\nnetworks = [\"192.0.2.0/24\"]\nrequire = \"client-certificate\"\n"
           "fingerprints = [\"sha256:" +
           std::string(64, 'f') + "\", \"spki-sha256:" + std::string(64, '0') + "\"]"));
  CHECK(certificate[0]->inbound->require == InboundAgreement::Require::client_certificate);
  CHECK(certificate[0]->inbound->fingerprints.size() == 2);
}

}  // namespace
}  // namespace tlspact

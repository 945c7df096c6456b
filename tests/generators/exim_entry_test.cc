// SPDX-License-Identifier: MIT
#include "generators/exim/exim_entry.h"

#include <algorithm>

#include "generators/exim/exim_grammar.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

std::string value_of(TlsPolicy tls, TlsLibrary library = TlsLibrary::gnutls) {
  return render_exim_entry(entry("acme.example", std::move(tls), Source::agreement), {library})
      .value.value_or("no entry");
}

Fingerprint pin(const std::string& kind) {
  std::string hex;
  for (int i = 0; i < 32; ++i)
    hex += "a1";
  return Fingerprint::parse(kind + ":" + hex).value();
}

std::string pin_hex() {
  std::string out;
  for (int i = 0; i < 32; ++i)
    out += "A1";
  return out;
}

}  // namespace

TEST_CASE("every level has its words") {
  CHECK(value_of(policy(Level::none)) == "level=none");
  CHECK(value_of(policy(Level::may)) == "level=may");
  CHECK(value_of(policy(Level::encrypt)) == "level=encrypt");
  CHECK(value_of(policy(Level::dane)) == "level=dane");
  CHECK(value_of(policy(Level::dane_only, {"mx1.acme.example"})) ==
        R"(level=dane-only mxre=^(?:mx1\.acme\.example)$)");
  CHECK(value_of(policy(Level::secure, {"mx1.acme.example", "*.mail.acme.example"})) ==
        R"(level=secure mxre=^(?:mx1\.acme\.example|[^.]+\.mail\.acme\.example)$)");
}

TEST_CASE("DANE where a host has it") {
  TlsPolicy both = policy(Level::secure, {"mx1.acme.example"});
  both.dane_where_present = true;
  CHECK(value_of(both) == R"(level=dane-or-secure mxre=^(?:mx1\.acme\.example)$)");
  both = policy(Level::encrypt);
  both.dane_where_present = true;
  CHECK(value_of(both) == "level=dane-or-encrypt");
}

TEST_CASE("no DANE level for an Exim whose resolver does not validate") {
  const EximOptions options{.dane = false, .no_dane_because = "of a reason"};
  struct Row {
    SnapshotEntry entry;
    std::string value;
    Severity severity;
    std::string why;
  };
  SnapshotEntry with_sts = entry("a.example", policy(Level::dane_only), Source::dane);
  with_sts.policy_without_dane =
      std::make_shared<const TlsPolicy>(policy(Level::secure, {"mx.a.example"}));
  SnapshotEntry some = entry("a.example", policy(Level::dane), Source::dane);
  some.policy_without_dane = nullptr;
  TlsPolicy both = policy(Level::secure, {"mx.a.example"});
  both.dane_where_present = true;
  const std::vector<Row> rows{
      {some, "no entry", Severity::warning, "nothing is left"},
      {entry("a.example", policy(Level::dane_only), Source::dane), "level=encrypt",
       Severity::warning, "TLS at least"},
      {with_sts, R"(level=secure mxre=^(?:mx\.a\.example)$)", Severity::warning,
       "what MTA-STS asks"},
      {entry("a.example", policy(Level::dane_only), Source::agreement), "level=encrypt",
       Severity::alert, "an agreement that cannot be kept"},
      {entry("a.example", both, Source::mta_sts), R"(level=secure mxre=^(?:mx\.a\.example)$)",
       Severity::note, "the policy is still in force"}};
  for (const Row& row : rows) {
    INFO(row.why);
    const RenderedEntry rendered = render_exim_entry(row.entry, options);
    CHECK(rendered.value.value_or("no entry") == row.value);
    REQUIRE(rendered.notices.size() == 1);
    CHECK(rendered.notices[0].severity == row.severity);
    CHECK(rendered.notices[0].text.contains("because of a reason"));
  }
}

TEST_CASE("no dane-only where TLSA is at the name of an alias, which Exim does not ask for") {
  const auto at_alias = [](TlsPolicy tls, Source source, std::optional<TlsPolicy> without_dane) {
    SnapshotEntry out = entry("a.example", std::move(tls), source);
    out.tlsa_at_alias = true;
    if (source != Source::agreement) out.policy_without_dane = nullptr;
    if (without_dane) out.policy_without_dane = std::make_shared<const TlsPolicy>(*without_dane);
    return out;
  };
  const TlsPolicy dane_only = policy(Level::dane_only);
  const TlsPolicy published = policy(Level::secure, {"mx.a.example"});
  SnapshotEntry beside_sts = at_alias(dane_only, Source::agreement, std::nullopt);
  beside_sts.published_without_dane = std::make_shared<const TlsPolicy>(published);
  struct Row {
    SnapshotEntry entry;
    std::string value;
    Severity severity;
    const char* why;
  };
  const std::vector<Row> rows{
      {at_alias(dane_only, Source::dane, std::nullopt), "level=dane-or-encrypt", Severity::note,
       "DANE alone"},
      {at_alias(dane_only, Source::dane, published),
       R"(level=dane-or-secure mxre=^(?:mx\.a\.example)$)", Severity::note,
       "what MTA-STS asks is not given up"},
      {at_alias(dane_only, Source::dane, policy(Level::encrypt)), "level=dane-or-encrypt",
       Severity::note, "beside what was learned"},
      {at_alias(dane_only, Source::agreement, std::nullopt), "level=dane-or-encrypt",
       Severity::alert, "an agreement that cannot be kept"},
      {at_alias(policy(Level::dane_only, {"mx.a.example"}), Source::agreement,
                policy(Level::encrypt, {"mx.a.example"})),
       R"(level=dane-or-encrypt mxre=^(?:mx\.a\.example)$)", Severity::alert,
       "the MX set of an agreement stays"},
      {beside_sts, R"(level=dane-or-secure mxre=^(?:mx\.a\.example)$)", Severity::alert,
       "an agreement beside MTA-STS"}};
  for (const Row& row : rows) {
    INFO(row.why);
    const RenderedEntry rendered = render_exim_entry(row.entry, {});
    CHECK(rendered.value.value_or("no entry") == row.value);
    REQUIRE(rendered.notices.size() == 1);
    CHECK(rendered.notices[0].severity == row.severity);
    CHECK(rendered.notices[0].text.contains("Exim does not find the TLSA records"));
    const EximOptions no_dane{.dane = false, .no_dane_because = "of a reason"};
    for (const Notice& notice : render_exim_entry(row.entry, no_dane).notices)
      CHECK_FALSE(notice.text.contains("Exim does not find"));
  }
  SnapshotEntry other = at_alias(policy(Level::dane), Source::dane, std::nullopt);
  CHECK(render_exim_entry(other, {}).value == "level=dane");
  CHECK(render_exim_entry(other, {}).notices.empty());
}

TEST_CASE("certificate names are matched as a wildcard certificate would be") {
  TlsPolicy named = policy(Level::secure);
  named.certificate_names = mxs({"smtp.acme.example", "*.mail.acme.example", "acme.example"});
  CHECK(value_of(named) ==
        R"(level=secure namechk=san san=^(?:smtp\.acme\.example|\*\.acme\.example)"
        R"(|[^.]+\.mail\.acme\.example|acme\.example)$)");
}

TEST_CASE("pins, trust anchors and client certificates") {
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {pin("sha256"), pin("sha256")};
  CHECK(value_of(pinned) == "level=fingerprint pin=" + pin_hex() + ":" + pin_hex());
  TlsPolicy own = policy(Level::secure, {"mx1.acme.example"});
  own.ca_file = "/etc/ssl/acme.pem";
  own.client_certificate = "/etc/ssl/us.pem";
  own.client_key = "/etc/ssl/us.key";
  CHECK(value_of(own) ==
        R"(level=secure mxre=^(?:mx1\.acme\.example)$ ca=/etc/ssl/acme.pem cert=/etc/ssl/us.pem)"
        " key=/etc/ssl/us.key");
}

TEST_CASE("a public key pin cannot be expressed: encrypt and an alert") {
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {pin("sha256"), pin("spki-sha256")};
  const RenderedEntry rendered = render_exim_entry(entry("acme.example", pinned), {});
  CHECK(rendered.value == "level=encrypt");
  REQUIRE(rendered.notices.size() == 1);
  CHECK(rendered.notices[0].severity == Severity::alert);
}

TEST_CASE("without a CA store secure is encrypt, with an alert that says how to have one") {
  const RenderedEntry rendered = render_exim_entry(
      entry("acme.example", policy(Level::secure, {"mx1.acme.example"})), {.ca_store = false});
  REQUIRE(rendered.value);
  CHECK(rendered.value->starts_with("level=encrypt "));
  REQUIRE(rendered.notices.size() == 1);
  CHECK(rendered.notices[0].severity == Severity::alert);
  CHECK(rendered.notices[0].text.contains("apt-get install ca-certificates"));
  CHECK(rendered.notices[0].text.contains("ca_file of [tls]"));
}

TEST_CASE("TLS versions and ciphers speak the library's language") {
  TlsPolicy tls = policy(Level::encrypt);
  tls.min_tls = TlsVersion::tls1_2;
  CHECK(value_of(tls) == "level=encrypt ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
  CHECK(value_of(tls, TlsLibrary::openssl) == "level=encrypt ciphers=DEFAULT:!SSLv3:!TLSv1");
  tls.min_tls = TlsVersion::tls1_3;
  tls.ciphers = CipherGrade::high;
  CHECK(value_of(tls) == "level=encrypt ciphers=SECURE128:-VERS-ALL:+VERS-TLS1.3");
}

TEST_CASE("next-hops with brackets or a port have no entry in Exim") {
  CHECK_FALSE(
      render_exim_entry(entry("[relay.acme.example]:587", policy(Level::encrypt)), {}).value);
}

TEST_CASE("what an OpenSSL build of Exim does otherwise is said") {
  TlsPolicy own = policy(Level::secure, {"mx1.acme.example"});
  own.ca_file = "/etc/ssl/acme.pem";
  own.client_certificate = "/etc/ssl/us.pem";
  own.client_key = "/etc/ssl/us.key";
  const SnapshotEntry agreed = entry("acme.example", own, Source::agreement);
  CHECK(render_exim_entry(agreed, {TlsLibrary::openssl}).notices.size() == 2);
  CHECK(render_exim_entry(agreed, {TlsLibrary::gnutls}).notices.empty());
}

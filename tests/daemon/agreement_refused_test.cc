// SPDX-License-Identifier: MIT
/// What an agreement must not be: every rule of daemon/sources/agreement_parser.h, and hostile text
/// in every field.
#include <string>

#include "daemon/sources/agreement_parser.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

struct Refused {
  std::string text;
  const char* at;  ///< line:column
  const char* words;
};

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
/// The inbound part begins on line 7.
std::string inbound(const std::string& text) {
  return with("[agreement.inbound]\n" + text);
}

/// `at` is line and column, or the line and a colon.
void check_refused(const std::string& text, const std::string& at, const std::string& words) {
  INFO(text.substr(0, 500));
  const auto agreements = parse_agreements(text, "acme.toml");
  CHECK_FALSE(agreements);
  if (agreements) return;
  const std::string& message = agreements.error().text;
  INFO(message);
  CHECK(agreements.error().code == Errc::bad_input);
  CHECK(message.starts_with("acme.toml:" + at + (at.ends_with(':') ? "" : ": ")));
  CHECK(message.contains(words));
  CHECK(message.size() < 500);
  CHECK_FALSE(message.contains('\n'));
  CHECK_FALSE(message.contains('\0'));
}

template <std::size_t N>
void check_refused(const Refused (&rows)[N]) {
  for (const Refused& row : rows)
    check_refused(row.text, row.at, row.words);
}

TEST_CASE("What is missing or unknown in an agreement is refused") {
  const Refused rows[] = {
      {"[[agreement]]\n", "1:1", "has no partner"},
      {"[[agreement]]\ndomains = [\"a.example\"]\nlevel = \"encrypt\"\n", "1:1", "has no partner"},
      {"[[agreement]]\npartner = \"\"\ndomains = [\"a.example\"]\nlevel = \"encrypt\"\n", "1:1",
       "has no partner"},
      {"[[agreement]]\npartner = \"A\"\nlevel = \"encrypt\"\n", "1:1", "has no domains"},
      {"[[agreement]]\npartner = \"A\"\ndomains = []\nlevel = \"encrypt\"\n", "1:1",
       "has no domains"},
      {"\n\n  [[agreement]]\npartner = \"A\"\ndomains = [\"a.example\"]\n", "3:3", "has no level"},
      {with("fingerprint = []"), "6:1",
       "unknown key \"fingerprint\", did you mean \"fingerprints\"?"},
      {with("min-tls = \"TLSv1.2\""), "6:1", "did you mean \"min_tls\"?"},
      {with("Level = \"secure\""), "6:1", "did you mean \"level\"?"},
      {with("completely_different = 1"), "6:1", "unknown key \"completely_different\""},
      {with("\"a\\nb\" = 1"), "6:1", "unknown key \"a\\x0Ab\""},
      {with("[agreement.inbond]"), "6:12", "did you mean \"inbound\"?"},
      {inbound("network = []"), "7:1", "did you mean \"networks\"?"},
      {"[[agreements]]\n", "1:3", "did you mean \"agreement\"?"},
      {"title = \"x\"\n", "1:1", "unknown key \"title\""},
      {"[agreement]\npartner = \"A\"\n", "1:1", "[[agreement]]"},
      {"agreement = \"x\"\n", "1:13", "[[agreement]]"},
      {"agreement = [1]\n", "1:13", "[[agreement]]"},
      {with("level = \"encrypt\""), "6:", "not TOML"},
      {with("[agreement.inbound]\n[agreement.inbound]"), "7:", "not TOML"},
      {with("mx"), "6:", "not TOML"},
      {with("reason = \"open"), "6:", "not TOML"},
      {with("reason = \"a\tb\" \"c\""), "6:", "not TOML"},
  };
  check_refused(rows);
}

TEST_CASE("A value of the wrong type in an agreement is refused where it stands") {
  for (const std::string key : {"contact", "reference", "reason", "min_tls", "ciphers", "ca_file",
                                "client_certificate", "client_key"}) {
    const std::string at = "6:" + std::to_string(key.size() + 4);
    for (const std::string value : {"1", "true", "[]", "{}", "2026-01-01", "[\"x\"]", "1.5"})
      check_refused(with(key + " = " + value), at, key);
  }
  for (const std::string key : {"match", "fingerprints"}) {
    const std::string at = "6:" + std::to_string(key.size() + 4);
    for (const std::string value : {"1", "true", "\"mx.acme.example\"", "{}"})
      check_refused(with(key + " = " + value), at, "array of texts");
    const std::string inside = "6:" + std::to_string(key.size() + 5);
    for (const std::string value : {"1", "true", "[\"mx.acme.example\"]", "{}"})
      check_refused(with(key + " = [" + value + "]"), inside, "array of texts");
  }
  const Refused rows[] = {
      {"[[agreement]]\npartner = 1\n", "2:11", "partner"},
      {"[[agreement]]\npartner = \"A\"\ndomains = \"a.example\"\n", "3:11", "domains"},
      {"[[agreement]]\npartner = \"A\"\ndomains = [\"a.example\", 1]\n", "3:25", "domains"},
      {"[[agreement]]\npartner = \"A\"\ndomains = [\"a.example\"]\nlevel = 3\n", "4:9", "level"},
      {with("exception = \"true\""), "6:13", "exception must be true or false"},
      {with("exception = 1"), "6:13", "exception must be true or false"},
      {with("expires = \"2027-01-01\""), "6:11", "expires must be a date"},
      {with("expires = 1796083200"), "6:11", "expires must be a date"},
      {with("expires = 12:00:00"), "6:11", "expires must be a date"},
      {with("expires = 2027-01-01T00:00:00"), "6:11", "expires must be a date"},
      {with("starts = 2027-01-01T00:00:00"), "6:10", "starts must be a date"},
      {with("starts = 2027-02-30"), "6:", "not TOML"},
      {with("inbound = \"encrypt\""), "6:11", "inbound must be [agreement.inbound]"},
      {with("[[agreement.inbound]]\nrequire = \"encrypt\""), "6:1", "inbound must be"},
      {inbound("networks = \"192.0.2.0/24\""), "7:12", "networks"},
      {inbound("sender_domains = [1]"), "7:19", "sender_domains"},
      {inbound("sender_domains = [\"a.example\"]\nrequire = true"), "8:11", "require must be"},
  };
  check_refused(rows);
}

TEST_CASE("An agreement that contradicts itself is refused") {
  const std::string pin = "\"sha256:" + std::string(64, 'a') + "\"";
  const std::string reason = "reason = \"old\"\n";
  std::string many = "mx = [\"mx0.acme.example\"";
  for (int i = 1; i <= 100; ++i)
    many += ", \"mx" + std::to_string(i) + ".acme.example\"";
  many += "]";
  const Refused rows[] = {
      {at_level("may"), "4:9", "only possible in an exception"},
      {at_level("none"), "4:9", "only possible in an exception"},
      {at_level("may", "exception = false"), "4:9", "only possible in an exception"},
      {at_level("dane"), "4:9", "must be encrypt, dane-only, secure or fingerprint"},
      {at_level("verify"), "4:9", "must be encrypt, dane-only, secure or fingerprint"},
      {at_level("Secure"), "4:9", "must be encrypt, dane-only, secure or fingerprint"},
      {at_level("secure match=hostname"), "4:9", "must be encrypt"},
      {at_level(""), "4:9", "must be encrypt"},
      {with("exception = true"), "6:13", "needs a reason"},
      {with("exception = true\nreason = \"\""), "6:13", "needs a reason"},
      {with("exception = true\nexpires = 2027-01-01"), "6:13", "needs a reason"},
      {with(reason + "exception = true"), "7:13", "needs expires"},
      {with("starts = 2027-01-01\nexpires = 2026-01-01"), "7:11", "not later than starts"},
      {with("starts = 2026-01-01\nexpires = 2026-01-01"), "7:11", "not later than starts"},
      {at_level("encrypt", "match = [\"mx.acme.example\"]"), "5:9", "level secure only"},
      {at_level("dane-only", "match = [\"mx.acme.example\"]"), "5:9", "level secure only"},
      {at_level("encrypt", "ca_file = \"/etc/ca.pem\""), "5:11", "level secure only"},
      {at_level("fingerprint", "ca_file = \"/etc/ca.pem\"\nfingerprints = [" + pin + "]"), "5:11",
       "level secure only"},
      {at_level("fingerprint"), "4:9", "needs fingerprints"},
      {at_level("fingerprint", "fingerprints = []"), "4:9", "needs fingerprints"},
      {at_level("secure", "fingerprints = [" + pin + "]"), "5:16", "level fingerprint only"},
      {at_level("encrypt", "fingerprints = [" + pin + "]"), "5:16", "level fingerprint only"},
      {at_level("none", reason + "exception = true\nexpires = 2027-01-01\nmin_tls = \"TLSv1.2\""),
       "8:11", "no meaning"},
      {at_level("may", reason + "exception = true\nexpires = 2027-01-01\nmx = [\"mx.a.example\"]"),
       "8:6", "no meaning"},
      {with("min_tls = \"SSLv3\""), "6:11", "must be TLSv1"},
      {with("min_tls = \"1.2\""), "6:11", "must be TLSv1"},
      {with("min_tls = \"\""), "6:11", "must be TLSv1"},
      {with("min_tls = \">=TLSv1.2\""), "6:11", "must be TLSv1"},
      {with("ciphers = \"low\""), "6:11", "must be medium or high"},
      {with("ciphers = \"ALL:!aNULL\""), "6:11", "must be medium or high"},
      {with("client_certificate = \"/etc/c.pem\""), "6:22", "go together"},
      {with("client_key = \"/etc/c.key\""), "6:14", "go together"},
      {at_level("encrypt", many), "5:", "more than 100"},
      {inbound("require = \"encrypt\""), "6:1", "needs networks or sender_domains"},
      {inbound("networks = []\nsender_domains = []"), "6:1", "needs networks or sender_domains"},
      {inbound("networks = [\"192.0.2.0/24\"]\nrequire = \"secure\""), "8:11", "require must be"},
      {inbound("networks = [\"192.0.2.0/24\"]\nrequire = \"client-certificate\""), "6:1",
       "go together"},
      {inbound("networks = [\"192.0.2.0/24\"]\nfingerprints = [" + pin + "]"), "6:1",
       "go together"},
      {inbound("networks = [\"192.0.2.1/24\"]"), "7:13", "192.0.2.1/24"},
      {inbound("networks = [\"192.0.2.0/33\"]"), "7:13", "192.0.2.0/33"},
      {inbound("networks = [\"acme.example\"]"), "7:13", "acme.example"},
      {inbound("networks = [\"192.0.2.0/24 none\"]"), "7:13", "192.0.2.0/24 none"},
      {inbound("sender_domains = [\".acme.example\"]"), "7:19", ".acme.example"},
      {inbound("sender_domains = [\"[acme.example]\"]"), "7:19", "[acme.example]"},
  };
  check_refused(rows);
}

TEST_CASE("One next-hop with two agreements in a file is refused, and both places are named") {
  const auto two = [](const std::string& first, const std::string& second) {
    const auto agreement = [](const std::string& domains) {
      return "[[agreement]]\npartner = \"A\"\nlevel = \"encrypt\"\ndomains = [" + domains + "]\n";
    };
    return agreement(first) + agreement(second);
  };
  const Refused rows[] = {
      {two("\"a.example\"", "\"b.example\", \"a.example\""), "8:25", "at acme.toml:4:12"},
      {two("\"a.example\"", "\"A.Example.\""), "8:12", "at acme.toml:4:12"},
      {two("\"bücher.example\"", "\"xn--bcher-kva.example\""), "8:12", "at acme.toml:4:12"},
      {two("\".a.example\"", "\".a.example\""), "8:12", "at acme.toml:4:12"},
      {two("\"[a.example]:25\"", "\"[A.example.]:25\""), "8:12", "at acme.toml:4:12"},
      {two("\"a.example\", \"a.example\"", ""), "4:25", "\"a.example\" is named twice"},
      {two("\"a.example\", \"A.EXAMPLE.\"", ""), "4:25", "\"A.EXAMPLE.\" is named twice"},
  };
  check_refused(rows);
}

}  // namespace
}  // namespace tlspact

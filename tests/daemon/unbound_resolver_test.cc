// SPDX-License-Identifier: MIT
/// What answers are worth, over the laboratory. How the resolver behaves under stress is in
/// unbound_resolver_limits_test.cc.
#include "daemon/dns/unbound_resolver.h"

#include <algorithm>
#include <vector>

#include "tests/daemon/dns_lab.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::DnsLab;
using test::FakeNameServer;
using test::run;

constexpr auto kZones = R"({
  "secure.test": {"minimum": 60, "soa_ttl": 3600, "records": [
    "@ 300 MX 10 mx", "@ 300 MX 20 MX2.Secure.Test.", "mx 600 A 192.0.2.1", "mx AAAA 2001:db8::1",
    "nullmx MX 0 .", "no-mx A 192.0.2.3",
    "_25._tcp.mx TLSA 0 0 1 00", "_25._tcp.mx TLSA 1 1 2 01", "_25._tcp.mx TLSA 2 0 1 02",
    "_25._tcp.mx TLSA 3 1 1 0303",
    "_25._tcp.roaming CNAME tlsa.insecure.test.", "_25._tcp.shared CNAME _25._tcp.mx",
    "_mta-sts 30 TXT \"v=STSv1; \" \"id=1;\"",
    "to-insecure CNAME host.insecure.test.", "to-secure 120 CNAME hop", "hop CNAME mx",
    "to-bogus CNAME host.bogus.test.", "to-nothing CNAME nothing.short.test.",
    "to-other-type CNAME no-mx", "loop CNAME pool", "pool CNAME loop", "*.wild A 192.0.2.4"]},
  "short.test": {"soa_ttl": 20, "minimum": 3000},
  "long.test": {"soa_ttl": 3600, "minimum": 90},
  "insecure.test": {"kind": "insecure", "records": [
    "host A 192.0.2.2", "@ MX 10 host", "_25._tcp.host TLSA 3 1 1 00", "tlsa TLSA 3 1 1 00",
    "to-secure CNAME mx.secure.test."]},
  "bogus.test": {"kind": "bogus", "records": ["host A 192.0.2.2", "@ MX 10 host"]},
  "expired.test": {"kind": "expired", "records": ["host A 192.0.2.2"]},
  "stripped.test": {"kind": "stripped", "records": ["host A 192.0.2.2"]},
  "optout.test": {"kind": "nsec3-optout", "records": ["host A 192.0.2.5"]},
  "child.optout.test": {"kind": "insecure", "records": ["host A 192.0.2.6"]},
  "missing.test": {"kind": "missing"}
})";

constexpr auto kRecords = DnsOutcome::records;
constexpr auto kNoData = DnsOutcome::no_data;
constexpr auto kNxDomain = DnsOutcome::nx_domain;
constexpr auto kFailed = DnsOutcome::failed;
constexpr auto kSecure = DnsSecurity::secure;
constexpr auto kInsecure = DnsSecurity::insecure;
constexpr auto kBogus = DnsSecurity::bogus;
constexpr auto kIndeterminate = DnsSecurity::indeterminate;

struct Row {
  std::string name;
  RecordType type;
  DnsOutcome outcome;
  DnsSecurity security;
  std::size_t records;
  int ttl;
  std::string canonical;  // "": the name itself
  std::string why;
};

const std::vector<Row>& rows() {
  using enum RecordType;
  static const std::vector<Row> all{
      {"secure.test", mx, kRecords, kSecure, 2, 300, "", "signed down from the root"},
      {"SECURE.Test", mx, kRecords, kSecure, 2, 300, "secure.test", "any case"},
      {"nullmx.secure.test", mx, kRecords, kSecure, 1, 3600, "", "null MX (RFC 7505)"},
      {"no-mx.secure.test", mx, kNoData, kSecure, 0, 60, "", "the name has an address only"},
      {"nowhere.secure.test", mx, kNxDomain, kSecure, 0, 60, "", "signed denial"},
      {"mx.secure.test", a, kRecords, kSecure, 1, 600, "", ""},
      {"mx.secure.test", aaaa, kRecords, kSecure, 1, 3600, "", ""},
      {"x.wild.secure.test", a, kRecords, kSecure, 1, 3600, "", "wildcard"},
      {"_25._tcp.mx.secure.test", tlsa, kRecords, kSecure, 4, 3600, "", "every usage"},
      {"_mta-sts.secure.test", txt, kRecords, kSecure, 1, 30, "", "several strings"},
      {"to-secure.secure.test", a, kRecords, kSecure, 1, 120, "mx.secure.test",
       "the least TTL of the chain"},
      {"to-secure.secure.test", cname, kRecords, kSecure, 1, 120, "", "the CNAME itself"},
      {"to-insecure.secure.test", a, kRecords, kInsecure, 1, 3600, "host.insecure.test",
       "the weakest link (RFC 4035 section 5)"},
      {"to-secure.insecure.test", a, kRecords, kInsecure, 1, 600, "mx.secure.test",
       "the weakest link is the first"},
      {"to-bogus.secure.test", a, kFailed, kBogus, 0, 0, "*", "bogus at the end of the chain"},
      {"to-nothing.secure.test", a, kNxDomain, kSecure, 0, 20, "nothing.short.test", ""},
      {"to-other-type.secure.test", mx, kNoData, kSecure, 0, 60, "no-mx.secure.test", ""},
      {"loop.secure.test", a, kFailed, kIndeterminate, 0, 0, "*", "a loop ends"},
      {"insecure.test", mx, kRecords, kInsecure, 1, 3600, "", "no DS, proven"},
      {"_25._tcp.host.insecure.test", tlsa, kRecords, kInsecure, 1, 3600, "", ""},
      {"nowhere.insecure.test", a, kNxDomain, kInsecure, 0, 60, "", ""},
      {"bogus.test", mx, kFailed, kBogus, 0, 0, "*", "a damaged signature"},
      {"host.expired.test", a, kFailed, kBogus, 0, 0, "*", "signatures of 2020"},
      {"host.stripped.test", a, kFailed, kBogus, 0, 0, "*", "a DS, but no signatures"},
      {"host.missing.test", a, kFailed, kIndeterminate, 0, 0, "*", "SERVFAIL"},
      {"host.optout.test", a, kRecords, kSecure, 1, 3600, "", "NSEC3"},
      {"host.child.optout.test", a, kRecords, kInsecure, 1, 3600, "", "opted out"},
      {"localhost", a, kRecords, kInsecure, 1, 10800, "", "libunbound's own"},
      {"nowhere.invalid", a, kNxDomain, kInsecure, 0, 10800, "", "never asked for (RFC 6761)"},
  };
  return all;
}

void check(const Row& row, const DnsAnswer& answer) {
  CHECK(answer.outcome == row.outcome);
  CHECK(answer.security == row.security);
  CHECK(answer.rdata.size() == row.records);
  // The forwarder may have kept it for a moment.
  CHECK(answer.ttl.count() <= row.ttl);
  CHECK(answer.ttl.count() >= row.ttl - 3);
  if (row.canonical != "*")
    CHECK(answer.canonical_name == (row.canonical.empty() ? row.name : row.canonical));
  CHECK(answer.reason.empty() == (row.outcome != kFailed));
  if (row.outcome == kFailed) UNSCOPED_INFO(answer.reason);
  for (const char c : answer.reason)
    CHECK((c >= ' ' && c <= '~'));
}

DnsAnswer ask(boost::asio::io_context& context, Resolver& resolver, const std::string& name,
              RecordType type) {
  return run(context, resolver.query(name, type));
}

/// The laboratory with a validating resolver in front of it.
struct Fixture {
  boost::asio::io_context context;
  DnsLab lab{kZones};
  std::unique_ptr<UnboundResolver> resolver =
      UnboundResolver::make(context.get_executor(), lab.options()).value();

  DnsAnswer ask(const std::string& name, RecordType type) {
    return tlspact::ask(context, *resolver, name, type);
  }
};

TEST_CASE("what an answer says and is worth") {
  Fixture fixture;
  for (const Row& row : rows()) {
    INFO(row.name << " type " << static_cast<int>(row.type) << ": " << row.why);
    check(row, fixture.ask(row.name, row.type));
    // Out of the cache, the answer is the same.
    check(row, fixture.ask(row.name, row.type));
  }
}

TEST_CASE("without a trust anchor everything is insecure, and nothing is bogus") {
  boost::asio::io_context context;
  const DnsLab lab{kZones};
  DnsOptions options = lab.options();
  options.trust_anchor.clear();
  const auto resolver = UnboundResolver::make(context.get_executor(), options).value();
  for (const std::string name : {"mx.secure.test", "host.bogus.test", "host.expired.test"}) {
    INFO(name);
    const DnsAnswer answer = ask(context, *resolver, name, RecordType::a);
    CHECK(answer.outcome == kRecords);
    CHECK(answer.security == kInsecure);
  }
}

TEST_CASE("records are as on the wire, names in them uncompressed") {
  using std::string_literals::operator""s;
  Fixture fixture;
  auto mx = fixture.ask("secure.test", RecordType::mx).rdata;
  std::ranges::sort(mx);
  CHECK(mx == std::vector{"\0\x0a\2mx\6secure\4test\0"s, "\0\x14\3mx2\6secure\4test\0"s});
  CHECK(fixture.ask("_mta-sts.secure.test", RecordType::txt).rdata.front() ==
        "\x09v=STSv1; \5id=1;"s);
  CHECK(fixture.ask("nullmx.secure.test", RecordType::mx).rdata.front() == "\0\0\0"s);
  CHECK(fixture.ask("mx.secure.test", RecordType::a).rdata.front() == "\xC0\0\2\1"s);
  CHECK(fixture.ask("to-secure.secure.test", RecordType::cname).rdata.front() ==
        "\3hop\6secure\4test\0"s);
  const auto tlsa = fixture.ask("_25._tcp.mx.secure.test", RecordType::tlsa).rdata;
  CHECK(std::ranges::count(tlsa, "\3\1\1\3\3"s) == 1);
}

TEST_CASE("RFC 7672 section 2.1.1: secure, insecure and bogus MX are told apart") {
  Fixture fixture;
  CHECK(fixture.ask("secure.test", RecordType::mx).security == kSecure);
  CHECK(fixture.ask("insecure.test", RecordType::mx).security == kInsecure);
  const DnsAnswer bogus = fixture.ask("bogus.test", RecordType::mx);
  CHECK(bogus.outcome == kFailed);
  CHECK(bogus.security == kBogus);
  CHECK(bogus.rdata.empty());
  CHECK(bogus.reason.starts_with("DNSSEC: "));
  const DnsAnswer missing = fixture.ask("missing.test", RecordType::mx);
  CHECK(missing.outcome == kFailed);
  CHECK(missing.security == kIndeterminate);
}

TEST_CASE("RFC 5155 section 6: a denial in an opt-out range is no record, and no failure") {
  Fixture fixture;
  const DnsAnswer nothing = fixture.ask("nowhere.optout.test", RecordType::tlsa);
  CHECK(nothing.outcome == kNxDomain);
  CHECK(nothing.security == kInsecure);
  const DnsAnswer child = fixture.ask("_25._tcp.host.child.optout.test", RecordType::tlsa);
  CHECK(child.outcome == kNxDomain);
  CHECK(child.security == kInsecure);
}

TEST_CASE("RFC 7672 section 2.2: a TLSA record behind a CNAME into an unsigned zone is insecure") {
  Fixture fixture;
  const DnsAnswer roaming = fixture.ask("_25._tcp.roaming.secure.test", RecordType::tlsa);
  CHECK(roaming.outcome == kRecords);
  CHECK(roaming.security == kInsecure);
  CHECK(roaming.canonical_name == "tlsa.insecure.test");
  CHECK(fixture.ask("_25._tcp.shared.secure.test", RecordType::tlsa).security == kSecure);
}

TEST_CASE("RFC 7672 section 2.2.2: the addresses' security is known without a question for TLSA") {
  Fixture fixture;
  CHECK(fixture.ask("host.insecure.test", RecordType::a).security == kInsecure);
  CHECK(fixture.ask("mx.secure.test", RecordType::a).security == kSecure);
}

TEST_CASE("RFC 2308 section 5: a denial is kept for the lesser of the SOA's TTL and MINIMUM") {
  Fixture fixture;
  const auto ttl = [&](const std::string& name) {
    return fixture.ask(name, RecordType::a).ttl.count();
  };
  CHECK((ttl("nowhere.short.test") <= 20 && ttl("nowhere.short.test") > 15));
  CHECK((ttl("nowhere.long.test") <= 90 && ttl("nowhere.long.test") > 85));
  CHECK((ttl("long.test") <= 90 && ttl("long.test") > 85));
}

TEST_CASE("RFC 7672 section 2.1.3: the AD bit of a server counts for nothing") {
  const FakeNameServer liar{[](std::string question) {
    constexpr std::size_t kHeader = 12;
    question[2] = '\x85';             // an answer, authoritative
    question[3] = '\xA0';             // RA, AD
    question[7] = 1;                  // one record
    question[10] = question[11] = 0;  // no OPT
    question.resize(question.find('\0', kHeader) + 5);
    return question + std::string{"\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\x7F\0\0\1", 16};
  }};
  boost::asio::io_context context;
  const DnsLab lab{"{}"};
  DnsOptions options{.servers = {liar.place()}};
  const auto trusting = UnboundResolver::make(context.get_executor(), options).value();
  const DnsAnswer unvalidated = ask(context, *trusting, "mail.example", RecordType::a);
  CHECK(unvalidated.outcome == kRecords);
  CHECK(unvalidated.security == kInsecure);
  options.trust_anchor = lab.trust_anchor();
  const auto validating = UnboundResolver::make(context.get_executor(), options).value();
  const DnsAnswer answer = ask(context, *validating, "mail.example", RecordType::a);
  CHECK(answer.outcome == kFailed);
  CHECK(answer.security == kBogus);
}

TEST_CASE("a domain that is not to be validated is insecure") {
  boost::asio::io_context context;
  const DnsLab lab{kZones};
  DnsOptions options = lab.options();
  options.insecure_domains = {"stripped.test"};
  const auto resolver = UnboundResolver::make(context.get_executor(), options).value();
  const DnsAnswer answer = ask(context, *resolver, "host.stripped.test", RecordType::a);
  CHECK(answer.outcome == kRecords);
  CHECK(answer.security == kInsecure);
}

TEST_CASE("records that an attacker changes are seen by the next resolver") {
  boost::asio::io_context context;
  DnsLab lab{kZones};
  lab.tell(R"({"zone": "secure.test", "kind": "bogus", "records": ["mx A 192.0.2.66"]})");
  const auto resolver = UnboundResolver::make(context.get_executor(), lab.options()).value();
  CHECK(ask(context, *resolver, "mx.secure.test", RecordType::a).security == kBogus);
}

}  // namespace
}  // namespace tlspact

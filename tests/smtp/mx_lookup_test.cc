// SPDX-License-Identifier: MIT
/// From a next-hop to its MX hosts: RFC 7672 section 2.2.1.
#include "smtp/mx_lookup.h"

#include "tests/smtp/acme.h"
#include "tests/support/catch.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

Names names(const MxLookup& lookup) {
  Names out;
  for (const MxHost& each : lookup.hosts)
    out.push_back(each.name.text());
  return out;
}

}  // namespace

TEST_CASE("trap 45: the MX RRset is secure, insecure, or failing (RFC 7672 section 2.2.1)") {
  struct Row {
    DnsAnswer mx;
    MxSource source;
    bool secure;
    DaneState state;
    const char* why;
  };
  const std::vector<std::string> one{wire_mx(10, kMx1)};
  const Row rows[] = {
      {records(kSecure, one), MxSource::records, true, DaneState::full, "secure"},
      {records(kInsecure, one), MxSource::records, false, DaneState::some,
       "insecure: TLSA is looked for all the same, but it is never full"},
      {records(DnsSecurity::indeterminate, one), MxSource::records, false, DaneState::some,
       "indeterminate is as good as insecure"},
      {failure("bogus", kBogus), MxSource::failed, false, DaneState::unknown, "bogus"},
      {failure("no answer in time"), MxSource::failed, false, DaneState::unknown, "no answer"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.on("acme.example", RecordType::mx, row.mx);
    const MxLookup found = walk(dns, "acme.example");
    CHECK(found.source == row.source);
    CHECK(found.secure == row.secure);
    CHECK(state_of(dns) == row.state);
  }
}

TEST_CASE("a failing MX question asks nothing more and says why") {
  Acme dns;
  dns.on("acme.example", RecordType::mx, failure("no answer in time"));
  const MxLookup found = walk(dns, "acme.example");
  CHECK(found.hosts.empty());
  CHECK(dns.questions() == 1);
  CHECK(dane_observation(found, now()).reason == "its MX: no answer in time");
}

TEST_CASE("trap 38: without MX records the domain is its own host (RFC 5321 section 5.1)") {
  Acme dns;
  dns.on("acme.example", RecordType::mx, denial(kNoData, kSecure))
      .address("acme.example", kSecure)
      .on("_25._tcp.acme.example", RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  const MxLookup found = walk(dns, "acme.example");
  CHECK(found.source == MxSource::implicit);
  CHECK(names(found) == Names{"acme.example"});
  CHECK(found.hosts.at(0).found.tlsa_base == "acme.example");
  CHECK(state_of(dns) == DaneState::full);
  dns.on("acme.example", RecordType::mx, denial(kNoData, kInsecure));
  CHECK(state_of(dns) == DaneState::some);
}

TEST_CASE(
    "implicit MX is for no data alone: not for NXDOMAIN, a failure or MX records without use") {
  struct Row {
    DnsAnswer mx;
    MxSource source;
    const char* why;
  };
  const Row rows[] = {
      {denial(kNxDomain, kSecure), MxSource::no_such_domain, "NXDOMAIN"},
      {failure(), MxSource::failed, "a failure"},
      {records(kSecure, {wire_mx(10, "192.0.2.1")}), MxSource::records, "an address as exchange"},
      {records(kSecure, {bytes("00")}), MxSource::records, "a malformed record"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.on("acme.example", RecordType::mx, row.mx).address("acme.example", kSecure);
    const MxLookup found = walk(dns, "acme.example");
    CHECK(found.source == row.source);
    CHECK(found.hosts.empty());
    CHECK_FALSE(dns.asked("acme.example", RecordType::a));
  }
}

TEST_CASE("trap 39: null MX is exactly one root exchange of preference 0 (RFC 7505 section 3)") {
  struct Row {
    std::vector<std::string> rdata;
    MxSource source;
    Names hosts;
    const char* why;
  };
  const Row rows[] = {
      {{wire_mx(0, "")}, MxSource::null_mx, {}, "null MX"},
      {{wire_mx(10, "")}, MxSource::records, {}, "another preference: no host, but no null MX"},
      {{wire_mx(0, ""), wire_mx(10, kMx1)}, MxSource::records, {kMx1}, "beside a host: ignored"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.exchanges(row.rdata);
    const MxLookup found = walk(dns, "acme.example");
    CHECK(found.source == row.source);
    CHECK(names(found) == row.hosts);
    CHECK(found.bad_exchanges.empty());
    CHECK_FALSE(dns.asked("acme.example", RecordType::a));
  }
  Acme null;
  null.exchanges({wire_mx(0, "")});
  CHECK(state_of(null) == DaneState::none);
}

TEST_CASE("MX hosts stand by preference and name, each once with its best preference") {
  Acme dns;
  dns.exchanges({wire_mx(20, "c.example.com"), wire_mx(10, "b.example.com"),
                 wire_mx(5, "d.example.com"), wire_mx(10, "A.example.com"),
                 wire_mx(30, "d.example.com")});
  const MxLookup found = walk(dns, "acme.example");
  CHECK(names(found) == Names{"d.example.com", "a.example.com", "b.example.com", "c.example.com"});
  CHECK(found.hosts.at(0).preference == 5);
  CHECK(found.hosts.at(3).preference == 20);
}

TEST_CASE("trap 58: of more than ten MX hosts the first ten are used, and it is never full") {
  Acme dns;
  std::vector<std::string> rdata;
  for (int i = 11; i <= 22; ++i) {
    const std::string name = "mx" + std::to_string(i) + ".acme.example";
    rdata.push_back(wire_mx(i, name));
    dns.address(name, kSecure)
        .on("_25._tcp." + name, RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  }
  std::ranges::reverse(rdata);
  dns.exchanges(rdata);
  const MxLookup found = walk(dns, "acme.example");
  CHECK(found.hosts.size() == 10);
  CHECK(found.hosts.back().name.text() == "mx20.acme.example");
  CHECK(found.beyond_limit == 2);
  CHECK(state_of(dns) == DaneState::some);
  CHECK(dane_observation(found, now()).reason ==
        "2 MX hosts beyond the first 10 are not looked at");
  rdata.erase(rdata.begin(), rdata.begin() + 2);
  dns.exchanges(rdata);
  CHECK(state_of(dns) == DaneState::full);
}

TEST_CASE("an MX host that is no host name is left out, named, and prevents full") {
  struct Row {
    std::string rdata;
    const char* reason;
    const char* why;
  };
  const Row rows[] = {
      {wire_mx(5, "192.0.2.1"),
       "MX host \"192.0.2.1\" is not a domain name: it is an address, not a domain",
       "an address literal"},
      {wire_mx(5, "my_mx.acme.example"),
       "MX host \"my_mx.acme.example\" is not a domain name: it has a byte that is not a letter, "
       "digit, hyphen or dot",
       "an underscore"},
      {wire_mx(5, "localhost"),
       "MX host \"localhost\" is not a domain name: it has only one label, write the full name",
       "a single label"},
      {bytes("00 05 02 0a 0d 01 63 00"),
       "MX host \"\\\\010\\\\013.c\" is not a domain name: it has a byte that is not a letter, "
       "digit, hyphen or dot",
       "line ends"},
      {bytes("00 05 c0 0c"), "an MX record with a name with a compressed label", "malformed"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.exchanges({row.rdata, wire_mx(10, kMx1)});
    const MxLookup found = walk(dns, "acme.example");
    CHECK(names(found) == Names{kMx1});
    CHECK(found.bad_exchanges == Names{row.reason});
    CHECK(dane_observation(found, now()).reason == row.reason);
    CHECK(state_of(dns) == DaneState::some);
  }
}

TEST_CASE("trap 41: a next-hop in brackets is the only host, without an MX lookup") {
  ScriptedResolver dns;
  dns.address("relay.example", kSecure)
      .on("_587._tcp.relay.example", RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  const MxLookup found = walk(dns, "[relay.example]:587");
  CHECK(found.source == MxSource::configured);
  CHECK(names(found) == Names{"relay.example"});
  CHECK_FALSE(dns.asked("relay.example", RecordType::mx));
  CHECK(state_of(dns, "[relay.example]:587") == DaneState::full);
  dns.address("relay.example", kInsecure);
  CHECK(state_of(dns, "[relay.example]:587") == DaneState::none);
}

TEST_CASE("trap 55: TLSA is asked at the port of the next-hop (RFC 7672 section 2.2.3)") {
  struct Row {
    const char* next_hop;
    std::uint16_t port_of_options;
    const char* asked;
  };
  const Row rows[] = {
      {"acme.example", 25, "_25._tcp.mx1.acme.example"},
      {"acme.example:587", 25, "_587._tcp.mx1.acme.example"},
      {"acme.example", 2525, "_2525._tcp.mx1.acme.example"},
      {"acme.example:465", 2525, "_465._tcp.mx1.acme.example"},
      {"[mx1.acme.example]:26", 25, "_26._tcp.mx1.acme.example"},
      {"[mx1.acme.example]", 25, "_25._tcp.mx1.acme.example"},
  };
  for (const Row& row : rows) {
    INFO(row.next_hop);
    Acme dns;
    walk(dns, row.next_hop, {row.port_of_options});
    CHECK(dns.asked(row.asked, RecordType::tlsa));
  }
}

TEST_CASE("trap 44: a host in an attacker's own signed zone behind an unsigned MX answer") {
  ScriptedResolver dns;
  dns.on("acme.example", RecordType::mx, records(kInsecure, {wire_mx(1, "mx.attacker.example")}))
      .address("mx.attacker.example", kSecure)
      .on("_25._tcp.mx.attacker.example", RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  CHECK(state_of(dns) == DaneState::some);
}

TEST_CASE("hosts, and both families of each, are asked at the same time") {
  Acme dns;
  dns.exchanges({wire_mx(10, kMx1), wire_mx(10, kMx2)})
      .address(kMx2, kSecure)
      .on(kTlsa2, RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  CHECK(walk(dns, "acme.example").hosts.size() == 2);
  CHECK(dns.at_once() == 4);
  CHECK(dns.questions() == 7);
}

TEST_CASE(
    "a CNAME at the domain leaves its end for the certificate's names (RFC 7672 section 3.2.2)") {
  Acme dns;
  dns.on("acme.example", RecordType::mx,
         records(kSecure, {wire_mx(10, kMx1)}, "acme-mail.hoster.example"));
  CHECK(walk(dns, "acme.example").canonical_name == "acme-mail.hoster.example");
}

TEST_CASE("what was seen holds until the first TTL of MX and TLSA ends; addresses do not count") {
  struct Row {
    Seconds mx;
    Seconds a;
    Seconds tlsa;
    Seconds valid;
    const char* why;
  };
  const Row rows[] = {
      {2h, 1h, 3h, 2h, "MX"},
      {3h, 1min, 2h, 2h, "TLSA; the address is shorter"},
      {24h * 30, 1min, 24h * 30, 24h * 7, "a week at most"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.on("acme.example", RecordType::mx, records(kSecure, {wire_mx(10, kMx1)}, "", row.mx))
        .on(kMx1, RecordType::a, records(kSecure, {wire_address("192.0.2.1")}, "", row.a));
    dns.tlsa(records(kSecure, {wire_tlsa()}, "", row.tlsa));
    const MxLookup found = walk(dns, "acme.example");
    CHECK(dane_observation(found, now()).valid_until == now() + row.valid);
    CHECK(found.mx_ttl == std::min<Seconds>(row.mx, 24h * 7));
    CHECK(found.hosts.at(0).found.addresses_ttl == row.a);
  }
  Acme dns;
  dns.tlsa(denial(kNoData, kSecure, 10min));
  CHECK(dane_observation(walk(dns, "acme.example"), now()).valid_until == now() + 10min);
  // A failure has no TTL. That there was one shortens the time to the next look by itself.
  dns.tlsa(failure());
  CHECK(dane_observation(walk(dns, "acme.example"), now()).valid_until == now() + 1h);
}

TEST_CASE("a parent pattern is not a next-hop") {
  Acme dns;
  CHECK_THROWS_AS(walk(dns, ".acme.example"), std::logic_error);
}

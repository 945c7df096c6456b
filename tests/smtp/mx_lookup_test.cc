// SPDX-License-Identifier: MIT
/// The walk from a next-hop to its hosts and their TLSA records: RFC 7672 section 2.2.
#include "smtp/mx_lookup.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "tests/support/catch.h"
#include "tests/support/certificate.h"
#include "tests/support/policies.h"
#include "tests/support/scripted_resolver.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kSecure = DnsSecurity::secure;
constexpr auto kInsecure = DnsSecurity::insecure;
constexpr auto kBogus = DnsSecurity::bogus;
constexpr auto kNoData = DnsOutcome::no_data;
constexpr auto kNxDomain = DnsOutcome::nx_domain;

const std::string kMx1 = "mx1.acme.example";
const std::string kMx2 = "mx2.acme.example";
const std::string kTlsa1 = "_25._tcp.mx1.acme.example";
const std::string kTlsa2 = "_25._tcp.mx2.acme.example";

MxLookup walk(Resolver& resolver, const std::string& next_hop, MxLookupOptions options = {}) {
  boost::asio::io_context io;
  MxLookup out;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, look_up_mx(resolver, key(next_hop), options),
                        [&](std::exception_ptr thrown, MxLookup lookup) {
                          failure = thrown;
                          out = std::move(lookup);
                        });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return out;
}

/// acme.example with one MX host, mx1, whose TLSA is at the usual place; then what a test changes.
class Acme : public ScriptedResolver {
 public:
  explicit Acme(DnsSecurity mx = kSecure, DnsSecurity addresses = kSecure) {
    on("acme.example", RecordType::mx, records(mx, {wire_mx(10, kMx1)}));
    address(kMx1, addresses);
    tlsa(records(kSecure, {wire_tlsa()}));
  }
  Acme& tlsa(DnsAnswer answer) {
    on(kTlsa1, RecordType::tlsa, std::move(answer));
    return *this;
  }
  Acme& exchanges(const std::vector<std::string>& rdata) {
    on("acme.example", RecordType::mx, records(kSecure, rdata));
    return *this;
  }
  HostLookup host() { return walk(*this, "acme.example").hosts.at(0).found; }
};

DaneState state_of(Resolver& resolver, const std::string& next_hop = "acme.example") {
  return dane_state(dane_observation(walk(resolver, next_hop), now()));
}

std::vector<std::string> names(const MxLookup& lookup) {
  std::vector<std::string> out;
  for (const MxHost& each : lookup.hosts)
    out.push_back(each.name.text());
  return out;
}

using Names = std::vector<std::string>;

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

TEST_CASE("trap 47: TLSA is asked only if the addresses are secure (RFC 7672 section 2.2.2)") {
  Acme dns{kSecure, kInsecure};
  dns.tlsa(failure());
  const HostLookup host = dns.host();
  CHECK(host.dane == HostDane::none);
  CHECK(host.addresses.size() == 1);
  CHECK_FALSE(dns.asked(kTlsa1, RecordType::tlsa));
  CHECK_FALSE(dns.asked(kMx1, RecordType::cname));
  CHECK(host.reason == "its addresses are insecure");
}

TEST_CASE("trap 48: one address family that validates is enough") {
  const DnsAnswer ipv4 = records(kSecure, {wire_address("192.0.2.1")});
  const DnsAnswer ipv6 = records(kSecure, {wire_address("2001:db8::1")});
  const DnsAnswer insecure4 = records(kInsecure, {wire_address("192.0.2.1")});
  struct Row {
    DnsAnswer a;
    DnsAnswer aaaa;
    HostDane dane;
    bool secure;
    std::size_t addresses;
    const char* why;
  };
  const Row rows[] = {
      {ipv4, ipv6, HostDane::usable, true, 2, "both"},
      {ipv4, denial(kNoData, kSecure), HostDane::usable, true, 1, "IPv4 only"},
      {denial(kNoData, kSecure), ipv6, HostDane::usable, true, 1, "IPv6 only"},
      {ipv4, failure(), HostDane::usable, true, 1, "AAAA is broken"},
      {failure("bogus", kBogus), ipv6, HostDane::usable, true, 1, "A is bogus"},
      {insecure4, ipv6, HostDane::usable, true, 2, "A is insecure"},
      {insecure4, denial(kNoData, kSecure), HostDane::none, false, 1,
       "a secure denial is no secure address"},
      {insecure4, failure(), HostDane::none, false, 1, "nothing secure"},
      {failure(), denial(kNoData, kSecure), HostDane::failed, false, 0, "A may have had one"},
      {failure(), failure(), HostDane::failed, false, 0, "neither answers"},
      {denial(kNoData, kSecure), denial(kNoData, kSecure), HostDane::none, false, 0, "no address"},
      {denial(kNxDomain, kSecure), denial(kNxDomain, kSecure), HostDane::none, false, 0,
       "no such host"},
      {records(kSecure, {"xyz"}), denial(kNoData, kSecure), HostDane::none, false, 0, "malformed"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.on(kMx1, RecordType::a, row.a).on(kMx1, RecordType::aaaa, row.aaaa);
    const HostLookup host = dns.host();
    CHECK(host_dane_text(host.dane) == host_dane_text(row.dane));
    CHECK(host.addresses_secure == row.secure);
    CHECK(host.addresses.size() == row.addresses);
  }
}

TEST_CASE("trap 49: TLSA that fails is the host's failure, never no TLSA, and never the domain's") {
  for (const DnsAnswer& broken : {failure("SERVFAIL"), failure("bogus", kBogus)}) {
    Acme dns;
    dns.tlsa(broken);
    CHECK(dns.host().dane == HostDane::failed);
    CHECK(dns.host().reason == "its TLSA: " + broken.reason);
    CHECK(state_of(dns) == DaneState::unknown);
    dns.exchanges({wire_mx(10, kMx1), wire_mx(20, kMx2)})
        .address(kMx2, kSecure)
        .on(kTlsa2, RecordType::tlsa, records(kSecure, {wire_tlsa()}));
    CHECK(state_of(dns) == DaneState::some);
  }
}

TEST_CASE("trap 46: a denial of TLSA need not be secure to be one") {
  for (const DnsSecurity security : {kSecure, kInsecure}) {
    for (const DnsOutcome outcome : {kNoData, kNxDomain}) {
      Acme dns;
      dns.tlsa(denial(outcome, security));
      CHECK(dns.host().dane == HostDane::none);
      CHECK(dns.host().reason == "it has no TLSA record");
      CHECK(state_of(dns) == DaneState::none);
    }
  }
}

TEST_CASE("trap 51: TLSA through an alias into an insecure zone is none (RFC 7672 section 2.2)") {
  Acme dns;
  dns.tlsa(records(kInsecure, {wire_tlsa()}, "tlsa.elsewhere.example"));
  CHECK(dns.host().dane == HostDane::none);
  CHECK(dns.host().reason == "its TLSA records are insecure");
  CHECK(dns.host().tlsa.empty());
  dns.tlsa(records(kSecure, {wire_tlsa()}, "tlsa.elsewhere.example"));
  CHECK(dns.host().dane == HostDane::usable);
}

TEST_CASE("trap 50: the TLSA base of an MX host that is an alias (RFC 7672 section 2.2.3)") {
  const std::string target = "mail.hoster.example";
  const std::string tlsa_of_target = "_25._tcp.mail.hoster.example";
  const DnsAnswer tlsa = records(kSecure, {wire_tlsa()});
  const DnsAnswer insecure_tlsa = records(kInsecure, {wire_tlsa()});
  const DnsAnswer no_tlsa = denial(kNxDomain, kSecure);
  const DnsAnswer alias = records(kSecure, {wire_name(target)});
  const DnsAnswer insecure_alias = records(kInsecure, {wire_name(target)});
  struct Row {
    DnsSecurity chain;
    DnsAnswer alias_alone;
    DnsAnswer at_target;
    DnsAnswer at_host;
    HostDane dane;
    std::string base;
    DaneState state;
    const char* why;
  };
  const DnsAnswer unasked = failure("unasked");
  const Row rows[] = {
      {kSecure, unasked, tlsa, tlsa, HostDane::usable, target, DaneState::full,
       "all secure: the final name"},
      {kSecure, unasked, no_tlsa, tlsa, HostDane::usable, kMx1, DaneState::full,
       "none at the final name: the original one"},
      {kSecure, unasked, insecure_tlsa, tlsa, HostDane::usable, kMx1, DaneState::full,
       "insecure at the final name: the original one"},
      {kSecure, unasked, no_tlsa, no_tlsa, HostDane::none, "", DaneState::none, "at neither"},
      {kSecure, unasked, failure(), tlsa, HostDane::failed, "", DaneState::unknown,
       "failing at the final name: no way back"},
      {kSecure, unasked, no_tlsa, failure(), HostDane::failed, "", DaneState::unknown,
       "failing at the original name"},
      {kInsecure, alias, tlsa, tlsa, HostDane::usable, kMx1, DaneState::some,
       "the alias is secure, its target is not: the original name only; the addresses are not "
       "secure, so it is not full"},
      {kInsecure, alias, tlsa, no_tlsa, HostDane::none, "", DaneState::none,
       "the final name is not asked"},
      {kInsecure, insecure_alias, tlsa, tlsa, HostDane::none, "", DaneState::none,
       "the alias is insecure: not asked at all"},
      {kInsecure, denial(kNoData, kSecure), tlsa, tlsa, HostDane::none, "", DaneState::none,
       "the alias is gone meanwhile"},
      {kInsecure, failure(), tlsa, tlsa, HostDane::failed, "", DaneState::unknown,
       "whether the alias is secure is not known"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.address(kMx1, row.chain, target)
        .on(kMx1, RecordType::cname, row.alias_alone)
        .on(tlsa_of_target, RecordType::tlsa, row.at_target)
        .on(kTlsa1, RecordType::tlsa, row.at_host);
    const HostLookup host = dns.host();
    CHECK(host_dane_text(host.dane) == host_dane_text(row.dane));
    CHECK(host.tlsa_base == row.base);
    CHECK(state_of(dns) == row.state);
    CHECK(dns.asked(kMx1, RecordType::cname) == (row.chain == kInsecure));
    if (row.chain == kInsecure) CHECK_FALSE(dns.asked(tlsa_of_target, RecordType::tlsa));
  }
}

TEST_CASE(
    "trap 52: a set without a usable record is TLS required, a mixed one is usable (RFC 7672 "
    "section 2.2)") {
  struct Row {
    std::vector<std::string> rdata;
    HostDane dane;
    std::size_t records;
    const char* why;
  };
  const Row rows[] = {
      {{wire_tlsa(0), wire_tlsa(1)}, HostDane::unusable, 2, "PKIX usages only"},
      {{wire_tlsa(0), wire_tlsa(3)}, HostDane::usable, 2, "mixed"},
      {{wire_tlsa(3, 1, 1).substr(0, 20)}, HostDane::unusable, 1, "a digest that is cut off"},
      {{bytes("03 01")}, HostDane::unusable, 0, "malformed: still a promise of TLS"},
      {{bytes("03 01"), wire_tlsa()}, HostDane::usable, 1, "malformed beside a good one"},
      {{bytes("03 01 00") + public_key_der()}, HostDane::usable, 1, "trap 53: a bare public key"},
      {{bytes("02 00 00") + certificate_der()}, HostDane::usable, 1, "trap 53: a certificate"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    Acme dns;
    dns.tlsa(records(kSecure, row.rdata));
    const HostLookup host = dns.host();
    CHECK(host_dane_text(host.dane) == host_dane_text(row.dane));
    CHECK(host.tlsa.size() == row.records);
    CHECK(host.tlsa_base == kMx1);
    CHECK(state_of(dns) == (row.dane == HostDane::usable ? DaneState::full : DaneState::some));
  }
  Acme dns;
  dns.tlsa(records(kSecure, {wire_tlsa(1)}));
  CHECK(dns.host().reason ==
        "its TLSA records are unusable: 1 1 1, usage 0 or 1 (PKIX) is not for SMTP");
}

TEST_CASE("trap 54: the TLSA base is kept, it is the SNI (RFC 7672 section 8.1)") {
  CHECK(Acme{}.host().tlsa_base == kMx1);
  CHECK(Acme{}.tlsa(denial(kNoData, kSecure)).host().tlsa_base.empty());
}

TEST_CASE("trap 44: a host in an attacker's own signed zone behind an unsigned MX answer") {
  ScriptedResolver dns;
  dns.on("acme.example", RecordType::mx, records(kInsecure, {wire_mx(1, "mx.attacker.example")}))
      .address("mx.attacker.example", kSecure)
      .on("_25._tcp.mx.attacker.example", RecordType::tlsa, records(kSecure, {wire_tlsa()}));
  CHECK(state_of(dns) == DaneState::some);
}

TEST_CASE("limits: 16 addresses of both families, 64 TLSA records in whatever order they come") {
  Acme dns;
  std::vector<std::string> ipv4;
  std::vector<std::string> ipv6;
  for (int i = 1; i <= 40; ++i) {
    ipv4.push_back(wire_address("192.0.2." + std::to_string(i)));
    ipv6.push_back(wire_address("2001:db8::" + std::to_string(i)));
  }
  dns.on(kMx1, RecordType::a, records(kSecure, ipv4))
      .on(kMx1, RecordType::aaaa, records(kSecure, ipv6));
  std::vector<std::string> tlsa;
  for (int i = 0; i < 80; ++i) {
    std::string record = wire_tlsa();
    record.back() = static_cast<char>(i);
    tlsa.push_back(std::move(record));
  }
  dns.tlsa(records(kSecure, tlsa));
  const HostLookup host = dns.host();
  REQUIRE(host.addresses.size() == 16);
  CHECK(std::ranges::count_if(host.addresses, &boost::asio::ip::address::is_v4) == 8);
  CHECK(host.addresses.at(0).to_string() == "2001:db8::1");
  CHECK(host.addresses.at(1).to_string() == "192.0.2.1");
  CHECK(host.tlsa.size() == 64);
  std::ranges::reverse(tlsa);
  dns.tlsa(records(kSecure, tlsa));
  CHECK(dns.host().tlsa == host.tlsa);
  dns.on(kMx1, RecordType::aaaa, records(kSecure, {ipv6.front()}));
  CHECK(dns.host().addresses.size() == 16);
}

TEST_CASE("a TLSA name that is too long for the DNS is not asked for") {
  const std::string label(63, 'a');
  const std::string longest =
      label + '.' + label + '.' + label + '.' + std::string(53, 'a') + ".example";
  REQUIRE(longest.size() == 253);
  Acme dns;
  dns.exchanges({wire_mx(10, longest)}).address(longest, kSecure);
  CHECK(dns.host().dane == HostDane::none);
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
    CHECK(found.hosts.at(0).found.addresses_ttl == row.a);
  }
  Acme dns;
  dns.tlsa(denial(kNoData, kSecure, 10min));
  CHECK(dane_observation(walk(dns, "acme.example"), now()).valid_until == now() + 10min);
}

TEST_CASE("a parent pattern is not a next-hop") {
  Acme dns;
  CHECK_THROWS_AS(walk(dns, ".acme.example"), std::logic_error);
}

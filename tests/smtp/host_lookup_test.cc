// SPDX-License-Identifier: MIT
/// The addresses and TLSA records of one MX host: RFC 7672 sections 2.2.2 and 2.2.3.
#include "smtp/host_lookup.h"

#include "tests/smtp/acme.h"
#include "tests/support/catch.h"
#include "tests/support/certificate.h"

using namespace tlspact;
using namespace tlspact::test;

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
    CHECK(host.tlsa_at_alias == (row.base == kMx1));
    CHECK(state_of(dns) == row.state);
    CHECK(dane_observation(walk(dns, "acme.example"), now()).hosts.at(0).tlsa_at_alias ==
          host.tlsa_at_alias);
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
  CHECK_FALSE(Acme{}.host().tlsa_at_alias);
  CHECK(Acme{}.tlsa(denial(kNoData, kSecure)).host().tlsa_base.empty());
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

// SPDX-License-Identifier: MIT
#include "smtp/tls/host_policy.h"

#include "smtp/delivery/delivery.h"
#include "smtp/delivery/delivery_plan.h"
#include "tests/support/catch.h"

using namespace tlspact;

namespace {

MxHost host_with(HostDane dane, const std::string& name = "mx1.acme.example", int preference = 10) {
  MxHost host{.name = Domain::from_normal_form(name),
              .preference = static_cast<std::uint16_t>(preference),
              .found = {}};
  host.found.addresses = {boost::asio::ip::make_address("192.0.2.1")};
  host.found.dane = dane;
  host.found.reason = "the reason";
  if (dane == HostDane::usable || dane == HostDane::unusable) {
    host.found.tlsa_base = name;
    host.found.tlsa = {{3, 1, 1, std::string(32, 'x')}};
  }
  return host;
}

MxLookup lookup_with(std::vector<MxHost> hosts, bool secure = true) {
  MxLookup lookup;
  lookup.source = MxSource::records;
  lookup.secure = secure;
  lookup.canonical_name = "acme.example";
  lookup.hosts = std::move(hosts);
  return lookup;
}

TlsPolicy policy_of(Level level) {
  TlsPolicy policy;
  policy.level = level;
  return policy;
}

const Domain kAcme = Domain::from_normal_form("acme.example");

std::string demand_of(const TlsPolicy* policy, HostDane dane, bool secure = true) {
  const MxLookup lookup = lookup_with({host_with(dane)}, secure);
  const auto result = host_policy(policy, lookup.hosts[0], lookup, kAcme);
  if (result) return std::string{tls_demand_name(result->demand)};
  switch (result.error().why) {
    case HostRefused::Why::not_named:
      return "refused: not named";
    case HostRefused::Why::no_tlsa:
      return "refused: no TLSA";
    case HostRefused::Why::dns_failed:
      return "refused: DNS";
  }
  return "";
}

std::size_t first(std::size_t /*below*/) {
  return 0;
}

}  // namespace

TEST_CASE("what a level asks of one host") {
  struct Row {
    std::string why;
    Level level;
    bool dane_where_present;
    HostDane dane;
    std::string demand;
  };
  const std::vector<Row> rows{
      {"none", Level::none, false, HostDane::usable, "none"},
      {"may does not do DANE", Level::may, false, HostDane::usable, "opportunistic"},
      {"may and a DNS failure", Level::may, false, HostDane::failed, "opportunistic"},
      {"encrypt", Level::encrypt, false, HostDane::none, "encrypted"},
      {"encrypt, DANE where present", Level::encrypt, true, HostDane::usable, "dane"},
      {"encrypt, DANE where present, none", Level::encrypt, true, HostDane::none, "encrypted"},
      {"encrypt, DANE where present, DNS failed", Level::encrypt, true, HostDane::failed,
       "refused: DNS"},
      {"dane", Level::dane, false, HostDane::usable, "dane"},
      {"dane, none there", Level::dane, false, HostDane::none, "opportunistic"},
      {"all_tlsa_unusable_requires_unauthenticated_tls (RFC 7672 section 2.2)", Level::dane, false,
       HostDane::unusable, "encrypted"},
      {"tlsa_servfail_defers (RFC 7672 section 2.1.1)", Level::dane, false, HostDane::failed,
       "refused: DNS"},
      {"dane-only", Level::dane_only, false, HostDane::usable, "dane"},
      {"dane-only, none there", Level::dane_only, false, HostDane::none, "refused: no TLSA"},
      {"dane-only, unusable", Level::dane_only, false, HostDane::unusable, "refused: no TLSA"},
      {"secure", Level::secure, false, HostDane::usable, "pkix"},
      {"partial_dane_mx_set_per_host_policy: one with", Level::secure, true, HostDane::usable,
       "dane"},
      {"partial_dane_mx_set_per_host_policy: one without", Level::secure, true, HostDane::none,
       "pkix"},
      {"secure, DANE where present, unusable", Level::secure, true, HostDane::unusable, "pkix"},
      {"fingerprint", Level::fingerprint, false, HostDane::none, "pinned"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    TlsPolicy policy = policy_of(row.level);
    policy.dane_where_present = row.dane_where_present;
    CHECK(demand_of(&policy, row.dane) == row.demand);
  }
  CHECK(demand_of(nullptr, HostDane::usable) == "opportunistic");
}

TEST_CASE("a host that the policy does not name is not used (RFC 8461 section 4.1)") {
  TlsPolicy policy = policy_of(Level::secure);
  policy.mx = {MxPattern::parse("*.mail.acme.example").value()};
  CHECK(demand_of(&policy, HostDane::none) == "refused: not named");
  policy.mx.push_back(MxPattern::parse("*.acme.example").value());
  CHECK(demand_of(&policy, HostDane::none) == "pkix");
}

TEST_CASE("reference names and SNI (RFC 7672 section 3.2.2, RFC 8461 section 4.2)") {
  const TlsPolicy dane = policy_of(Level::dane);
  const auto names = [](const HostPolicy& policy) {
    std::string text;
    for (const MxPattern& each : policy.names)
      text += each.text() + " ";
    return text;
  };
  MxLookup lookup = lookup_with({host_with(HostDane::usable)});
  lookup.hosts[0].found.tlsa_base = "base.isp.example";
  lookup.canonical_name = "acme.isp.example";
  const auto secure = host_policy(&dane, lookup.hosts[0], lookup, kAcme).value();
  CHECK(names(secure) == "base.isp.example acme.example acme.isp.example ");
  CHECK(secure.sni == "base.isp.example");
  lookup.secure = false;
  CHECK(names(host_policy(&dane, lookup.hosts[0], lookup, kAcme).value()) == "base.isp.example ");
  const TlsPolicy sts = policy_of(Level::secure);
  const auto pkix = host_policy(&sts, lookup.hosts[0], lookup, kAcme).value();
  CHECK(names(pkix) == "mx1.acme.example ");
  CHECK(pkix.sni == "mx1.acme.example");
}

TEST_CASE("the order of hosts and addresses (RFC 5321 section 5.1)") {
  std::vector<MxHost> hosts{host_with(HostDane::none, "a.example", 10),
                            host_with(HostDane::none, "b.example", 10),
                            host_with(HostDane::none, "c.example", 20)};
  hosts[0].found.addresses.push_back(boost::asio::ip::make_address("2001:db8::1"));
  const PolicyKey key = PolicyKey::of(kAcme);
  const auto text = [&](const Chance& chance) {
    std::string result;
    for (const auto& each : plan_delivery(lookup_with(hosts), key, nullptr, false, chance).attempts)
      result += each.host + "/" + each.address.to_string() + " ";
    return result;
  };
  CHECK(text(first) ==
        "b.example/192.0.2.1 a.example/192.0.2.1 a.example/2001:db8::1 "
        "c.example/192.0.2.1 ");
  CHECK(text([](std::size_t below) { return below - 1; }) ==
        "a.example/192.0.2.1 a.example/2001:db8::1 b.example/192.0.2.1 c.example/192.0.2.1 ");
}

TEST_CASE("domains that take no mail, and those of which DNS says nothing") {
  const PolicyKey key = PolicyKey::of(kAcme);
  const auto plan = [&](MxSource source) {
    MxLookup lookup;
    lookup.source = source;
    return plan_delivery(lookup, key, nullptr, false, first);
  };
  CHECK(plan(MxSource::null_mx).permanent);
  CHECK(plan(MxSource::no_such_domain).permanent);
  CHECK_FALSE(plan(MxSource::failed).permanent);
  CHECK_FALSE(plan(MxSource::records).permanent);
  CHECK(plan(MxSource::failed).passed_over.size() == 1);
}

TEST_CASE("REQUIRETLS goes only to hosts that are authenticated (RFC 8689 section 4.2.1)") {
  const PolicyKey key = PolicyKey::of(kAcme);
  const MxLookup lookup = lookup_with(
      {host_with(HostDane::usable, "a.example"), host_with(HostDane::none, "b.example")});
  const TlsPolicy dane = policy_of(Level::dane);
  const DeliveryPlan plan = plan_delivery(lookup, key, &dane, true, first);
  REQUIRE(plan.attempts.size() == 1);
  CHECK(plan.attempts[0].host == "a.example");
  REQUIRE(plan.passed_over.size() == 1);
  CHECK(plan.passed_over[0].outcome == OutcomeClass::insecure);
}

TEST_CASE("TLS-Required: No (RFC 8689 section 4.1)") {
  const TlsPolicy policy = policy_of(Level::secure);
  MessageFacts no;
  no.tls_required_no = true;
  CHECK(policy_for_message(&policy, false, no, false) == nullptr);
  CHECK(policy_for_message(&policy, false, {}, false) == &policy);
  CHECK(policy_for_message(&policy, true, no, false) == &policy);  // an agreement stays
  CHECK(policy_for_message(&policy, false, no, true) == &policy);  // REQUIRETLS wins
}

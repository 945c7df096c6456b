// SPDX-License-Identifier: MIT
#include "policy/inbound_rules.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

/// "192.0.2.0/24 acme" for each network; "-" where TLS alone is asked for.
std::vector<std::string> networks_of(const InboundRules& rules) {
  std::vector<std::string> out;
  for (const auto& [network, party] : rules.networks)
    out.push_back(network.text() + " " + (party ? rules.parties[*party].slug : "-"));
  return out;
}

std::vector<std::string> slugs_of(const std::vector<std::string>& partners) {
  std::vector<std::shared_ptr<const Agreement>> agreements;
  for (const std::string& each : partners)
    agreements.push_back(inbound(each, {"192.0.2.0/24"}, {}, {pin('a')}));
  std::vector<std::string> out;
  const InboundRules rules = inbound_rules(agreements);
  for (const InboundParty& each : rules.parties)
    out.push_back(each.slug);
  return out;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the most specific network stands first, each once") {
  const InboundRules rules = inbound_rules(
      {inbound("A", {"0.0.0.0/0", "192.0.2.0/24", "192.0.2.0/24", "::/0"}),
       inbound("B", {"192.0.2.128/25", "192.0.2.1", "2001:db8::/32"}, {}, {pin('a')})});
  CHECK(networks_of(rules) == Lines{"192.0.2.1/32 b", "2001:db8::/32 b", "192.0.2.128/25 b",
                                    "192.0.2.0/24 -", "0.0.0.0/0 -", "::/0 -"});
  CHECK(rules.notices.empty());
}

TEST_CASE("an IPv4-mapped network is the IPv4 network, as both mail servers see the client") {
  CHECK(networks_of(inbound_rules(
            {inbound("A", {"::ffff:192.0.2.0/120", "::ffff:0:0/96", "::fffe:0:0/95", "::/96"})})) ==
        Lines{"::/96 -", "::fffe:0:0/95 -", "192.0.2.0/24 -", "0.0.0.0/0 -"});
}

TEST_CASE("a network of several agreements asks for the certificate of any that asks") {
  const auto tls = inbound("Tls", {"192.0.2.0/24"});
  const auto first = inbound("First", {"192.0.2.0/24"}, {"a.example"}, {pin('a')});
  const auto second = inbound("Second", {"192.0.2.0/24"}, {"a.example"}, {pin('b'), pin('a')});

  CHECK(networks_of(inbound_rules({tls, tls})) == Lines{"192.0.2.0/24 -"});

  const InboundRules one = inbound_rules({tls, first});
  CHECK(networks_of(one) == Lines{"192.0.2.0/24 first"});
  REQUIRE(one.notices.size() == 1);
  CHECK(one.notices[0].severity == Severity::warning);
  CHECK(one.notices[0].text.contains("\"Tls\""));

  const InboundRules both = inbound_rules({first, tls, second});
  CHECK(networks_of(both) == Lines{"192.0.2.0/24 shared"});
  const InboundParty& party = both.parties.at(*both.networks.at(0).second);
  CHECK(party.fingerprints == std::vector<Fingerprint>{pin('a'), pin('b')});
  CHECK(party.partners == Lines{"First", "Second"});
  CHECK(both.sender_domains.at(0).second == both.networks.at(0).second);
  CHECK(both.certificate_from_anywhere());
}

TEST_CASE("one partner's certificates are not another's") {
  const InboundRules rules =
      inbound_rules({inbound("A", {"192.0.2.0/25"}, {}, {pin('a')}),
                     inbound("B", {"192.0.2.128/25"}, {}, {pin('b'), pin('b')})});
  REQUIRE(rules.parties.size() == 2);
  CHECK(rules.parties[0].fingerprints == std::vector<Fingerprint>{pin('a')});
  CHECK(rules.parties[1].fingerprints == std::vector<Fingerprint>{pin('b')});
  CHECK_FALSE(rules.certificate_from_anywhere());
}

TEST_CASE("a slug holds nothing that a mail server could take for syntax, and is unique") {
  CHECK(slugs_of({"Acme Bank"}) == Lines{
                                       "acme_bank",
                                   });
  CHECK(slugs_of({"A/B:\n$(x), reject #"}) == Lines{"a_b_x_reject"});
  CHECK(slugs_of({"\xd0\x91\xd0\xb0\xd0\xbd\xd0\xba", "\x01\xff"}).front() == "partner");
  CHECK(slugs_of({std::string(500, 'x')}).front() == std::string(40, 'x'));
  CHECK(slugs_of({"../../etc/passwd"}).front() == "etc_passwd");
  // The last is that of the network which all of them share.
  CHECK(slugs_of({"Acme", "acme!", "acme_2", "ACME", "Shared"}) ==
        Lines{"acme", "acme_2", "acme_2_2", "acme_3", "shared", "shared_2"});
}

TEST_CASE("ten thousand networks of a hundred agreements stay fast") {
  std::vector<std::shared_ptr<const Agreement>> agreements;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::string> networks;
    for (int j = 0; j < 100; ++j)
      networks.push_back("10." + std::to_string(i) + "." + std::to_string(j) + ".0/24");
    agreements.push_back(inbound("Partner", networks, {}, {pin('a')}));
  }
  const InboundRules rules = inbound_rules(agreements);
  CHECK(rules.networks.size() == 10000);
  CHECK(rules.parties.back().slug == "partner_100");
}

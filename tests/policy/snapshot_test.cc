// SPDX-License-Identifier: MIT
#include "policy/build_snapshot.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

std::shared_ptr<const Agreement> agreement_on(const std::vector<std::string>& keys, TlsPolicy tls) {
  Agreement out;
  out.partner = "Acme";
  for (const std::string& each : keys)
    out.domains.push_back({key(each), {"acme.toml", 2, 12}});
  out.policy = std::move(tls);
  return std::make_shared<const Agreement>(std::move(out));
}

PublishedList list_of(const std::vector<std::pair<std::string, Mode>>& domains) {
  PolicyList out;
  out.timestamp = now() - std::chrono::hours{1};
  out.expires = now() + std::chrono::hours{1};
  for (const Mode mode : {Mode::testing, Mode::enforce}) {
    out.modes.push_back(mode);
    out.codes.add(encode_policy(policy(Level::secure, {"mx.listed.example"})));
  }
  for (const auto& [name, mode] : domains)
    out.entries.push_back({out.names.add(name), mode == Mode::enforce ? 1U : 0U});
  std::ranges::sort(out.entries, {}, [&](const auto& entry) { return out.domain(entry); });
  return {.name = "community",
          .url = "/list.json",
          .early_adopter = false,
          .fetched = now(),
          .list = std::make_shared<const PolicyList>(std::move(out))};
}

std::vector<std::string> keys_of(const Snapshot& snapshot) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < snapshot.size(); ++i)
    out.emplace_back(snapshot.key_text(i));
  return out;
}

}  // namespace

TEST_CASE("a snapshot holds what is enforced, sorted by key, each once") {
  PolicyInputs inputs;
  inputs.add(list_of({{"b.example", Mode::enforce},
                      {"a.example", Mode::testing},
                      {"c-d.example", Mode::enforce},
                      {"c.example", Mode::enforce}}));
  inputs.add(agreement_on({"[relay.z.example]:587", "b.example"}, policy(Level::encrypt)));
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  CHECK(keys_of(snapshot) ==
        std::vector<std::string>{"[relay.z.example]:587", "b.example", "c-d.example", "c.example"});
  REQUIRE(snapshot.find("b.example"));
  CHECK(snapshot.find("b.example")->policy->level == Level::secure);
  CHECK_FALSE(snapshot.find("a.example"));
  CHECK_FALSE(snapshot.find("zz.example"));
}

TEST_CASE("early adopters take testing for enforce") {
  PublishedList published = list_of({{"a.example", Mode::testing}});
  published.early_adopter = true;
  PolicyInputs inputs;
  inputs.add(published);
  CHECK(build_snapshot(inputs, {}, now()).size() == 1);
}

TEST_CASE("a subdomain uses its own policy only, except through an agreement's pattern") {
  PolicyInputs inputs;
  inputs.add(list_of({{"acme.example", Mode::enforce}}));
  const auto listed = inputs.candidates_for(key("x.acme.example"));
  CHECK(listed.empty());
  inputs.add(agreement_on({".acme.example"}, policy(Level::encrypt)));
  CHECK(inputs.candidates_for(key("x.acme.example")).size() == 1);
  CHECK(inputs.candidates_for(key("acme.example")).size() == 1);
  CHECK(inputs.candidates_for(key("x.acme.example:587")).empty());
}

TEST_CASE("a listed subdomain of a pattern is composed, a tested one needs no entry of its own") {
  PolicyInputs inputs;
  inputs.add(
      list_of({{"listed.acme.example", Mode::enforce}, {"tested.acme.example", Mode::testing}}));
  inputs.add(agreement_on({".acme.example"}, policy(Level::encrypt)));
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  CHECK(keys_of(snapshot) == std::vector<std::string>{".acme.example", "listed.acme.example"});
  CHECK(snapshot.find("listed.acme.example")->policy->level == Level::secure);
}

TEST_CASE("an exact agreement under a pattern is its own entry even if weaker") {
  PolicyInputs inputs;
  inputs.add(agreement_on({".acme.example"}, policy(Level::dane_only)));
  inputs.add(agreement_on({"x.acme.example"}, policy(Level::encrypt)));
  CHECK(keys_of(build_snapshot(inputs, {}, now())) ==
        std::vector<std::string>{".acme.example", "x.acme.example"});
}

TEST_CASE("a smart host has the policy of the host, composed with its agreement") {
  PolicyInputs inputs;
  inputs.add(list_of({{"relay.z.example", Mode::enforce}}));
  inputs.add(agreement_on({"[relay.z.example]:587"}, policy(Level::encrypt)));
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  REQUIRE(snapshot.find("[relay.z.example]:587"));
  CHECK(snapshot.find("[relay.z.example]:587")->policy->level == Level::secure);
}

TEST_CASE("an agreement that asks for secure and names nothing is counted and said") {
  PolicyInputs inputs;
  inputs.add(agreement_on({"acme.example"}, policy(Level::secure)));
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  CHECK(snapshot.without_names == 1);
  REQUIRE(snapshot.notices.size() == 1);
  CHECK(snapshot.notices[0].severity == Severity::alert);
  CHECK(snapshot.notices[0].text.contains("acme.toml:2:12"));
}

TEST_CASE("what a domain publishes has an entry, in its place among the others") {
  PolicyInputs inputs;
  inputs.add(list_of({{"b.example", Mode::enforce}, {"d.example", Mode::enforce}}));
  inputs.add(agreement_on({"c.example", "[relay.z.example]:587"}, policy(Level::encrypt)));
  inputs.add(key("a.example"), sts(Mode::enforce, policy(Level::secure, {"mx.a.example"})));
  inputs.add(key("b.example"), dane(DaneState::full));
  inputs.add(key("c.example"), sts(Mode::enforce, policy(Level::secure, {"mx.c.example"})));
  inputs.add(key("e.example"), sts(Mode::testing, policy(Level::secure, {"mx.e.example"})));
  inputs.add(key("relay.z.example"), sts(Mode::enforce, policy(Level::secure, {"r.z.example"})));
  inputs.add(key("[relay.z.example]:587"), dane(DaneState::some));
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  CHECK(keys_of(snapshot) == std::vector<std::string>{"[relay.z.example]:587", "a.example",
                                                      "b.example", "c.example", "d.example",
                                                      "relay.z.example"});
  CHECK(snapshot.find("a.example")->source == Source::mta_sts);
  CHECK(snapshot.find("b.example")->policy->level == Level::dane_only);
  CHECK(snapshot.find("b.example")->policy_without_dane->level == Level::secure);
  CHECK(snapshot.find("c.example")->policy->level == Level::secure);
  INFO("a smart host: MTA-STS of the host, DANE of the host with its port");
  const auto smart_host = snapshot.find("[relay.z.example]:587");
  CHECK(smart_host->policy->level == Level::secure);
  CHECK(smart_host->policy->dane_where_present);
  INFO("DANE at port 587 says nothing of port 25");
  CHECK_FALSE(snapshot.find("relay.z.example")->policy->dane_where_present);
}

TEST_CASE("TLSA at the name of an alias makes an entry of its own, under an agreement too") {
  Candidate at_alias = dane(DaneState::some);
  at_alias.dane.tlsa_at_alias = true;
  PolicyInputs inputs;
  inputs.add(agreement_on({".acme.example"}, policy(Level::dane_only)));
  inputs.add(key("a.acme.example"), dane(DaneState::some));
  inputs.add(key("b.acme.example"), at_alias);
  const Snapshot snapshot = build_snapshot(inputs, {}, now());
  CHECK(keys_of(snapshot) == std::vector<std::string>{".acme.example", "b.acme.example"});
  CHECK_FALSE(snapshot.find(".acme.example")->tlsa_at_alias);
  CHECK(snapshot.find("b.acme.example")->tlsa_at_alias);
  CHECK_FALSE(Snapshot::same_ruling(snapshot, 0, snapshot, 1));
}

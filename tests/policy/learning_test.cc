// SPDX-License-Identifier: MIT
#include "policy/learning.h"

#include "policy/enforcement_guard.h"
#include "tests/support/catch.h"
#include "tests/support/dane.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

constexpr Seconds kDay = 24h;
const LearnRules kRules;

/// A server that is known to do TLS as well as it can be done, seen at now().
EndpointMemory known(const std::string& host, const std::string& address = "192.0.2.1") {
  EndpointMemory out;
  out.host = host;
  out.address = address;
  Evidence seen{.host = host, .address = address, .at = now(), .names = {host}};
  seen.kind = EvidenceKind::positive;
  seen.tls = TlsVersion::tls1_3;
  seen.chain_trusted = true;
  seen.names_host = true;
  seen.certificate_sha256 = std::string(64, 'a');
  seen.public_key_sha256 = std::string(64, 'b');
  out.last = seen;
  out.conclusive = seen;
  out.did_tls = now();
  out.confirmed = now() - 10 * kDay;
  return out;
}

EndpointMemory without_tls(const std::string& host, const std::string& address = "192.0.2.1") {
  EndpointMemory out = known(host, address);
  out.conclusive->kind = EvidenceKind::negative;
  out.conclusive->tls.reset();
  out.conclusive->detail = "STARTTLS is not offered";
  out.last = out.conclusive;
  out.did_tls.reset();
  out.confirmed.reset();
  return out;
}

EndpointMemory never_reached(const std::string& host, const std::string& address) {
  EndpointMemory out;
  out.host = host;
  out.address = address;
  Evidence seen{.host = host, .address = address, .at = now(), .detail = "no route", .names = {}};
  out.last = seen;
  return out;
}

LearnedDomain with_hosts(std::vector<std::string> hosts) {
  LearnedDomain out;
  out.domain = "acme.example";
  out.hosts = std::move(hosts);
  return out;
}

Endpoints all_of(std::vector<EndpointMemory> memories) {
  Endpoints out;
  for (EndpointMemory& each : memories)
    out.put(std::move(each));
  return out;
}

TlsPolicy secure(std::vector<std::string> patterns) {
  TlsPolicy out;
  out.level = Level::secure;
  for (const std::string& each : patterns)
    out.mx.push_back(MxPattern::parse(each).value());
  return out;
}

}  // namespace

TEST_CASE("A domain is learned when all its MX hosts are known", "[learning]") {
  struct Row {
    std::vector<EndpointMemory> endpoints;
    bool learned;
    const char* why;
  };
  const std::vector<Row> rows{
      {{known("a"), known("b")}, true, "both are known"},
      {{known("a")}, false, "nothing is known of the other one"},
      {{known("a"), without_tls("b")}, false, "the other one does no TLS"},
      {{known("a"), known("b"), never_reached("b", "2001:db8::1")},
       true,
       "an address that is never reached does not count against it"},
      {{known("a"), known("b"), without_tls("b", "192.0.2.2")},
       false,
       "an address without TLS does"},
      {{never_reached("a", "192.0.2.1"), known("b")}, false, "not reached is not known"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const LearnedDomain judged =
        learn(with_hosts({"a", "b"}), all_of(row.endpoints), kRules, now());
    CHECK(judged.learned.has_value() == row.learned);
    CHECK(learned_candidate(judged, all_of(row.endpoints), kRules, now()).has_value() ==
          row.learned);
  }
  CHECK_FALSE(learn(with_hosts({}), all_of({known("a")}), kRules, now()).learned);
}

TEST_CASE("Learned stays learned whatever DNS says, until it decays", "[learning]") {
  const Endpoints both = all_of({known("a"), known("b")});
  LearnedDomain learned = learn(with_hosts({"a", "b"}), both, kRules, now());
  REQUIRE(learned.learned);
  learned.hosts = {"evil"};
  learned = learn(learned, both, kRules, now() + 29 * kDay);
  CHECK(learned.learned);
  const auto candidate = learned_candidate(learned, both, kRules, now() + kDay);
  REQUIRE(candidate);
  CHECK(candidate->policy->level == Level::encrypt);
  CHECK(candidate->policy->mx.empty());
  CHECK(candidate->valid_until == now() + 30 * kDay);
  CHECK_FALSE(learn(learned, both, kRules, now() + 31 * kDay).learned);
  CHECK_FALSE(learned_candidate(learned, both, kRules, now() + 31 * kDay));
}

TEST_CASE("Under alarm nothing decays", "[learning]") {
  EndpointMemory stripped = known("a");
  LearnedDomain learned = learn(with_hosts({"a"}), all_of({stripped}), kRules, now());
  stripped.alarm = now() + kDay;
  stripped.conclusive->kind = EvidenceKind::negative;
  stripped.conclusive->tls.reset();
  const Endpoints endpoints = all_of({stripped});
  CHECK(has_alarm(learned, endpoints));
  learned = learn(learned, endpoints, kRules, now() + 400 * kDay);
  CHECK(learned.learned);
  const auto candidate = learned_candidate(learned, endpoints, kRules, now() + 400 * kDay);
  REQUIRE(candidate);
  CHECK_FALSE(candidate->valid_until);
}

TEST_CASE("An address that is looked at no more has no say", "[learning]") {
  EndpointMemory forged = without_tls("a", "192.0.2.9");
  forged.conclusive->at = now() - 4 * kDay;
  const Endpoints endpoints = all_of({known("a"), forged});
  CHECK(learn(with_hosts({"a"}), endpoints, kRules, now()).learned);
}

TEST_CASE("A forged MX set does not take the alarm of the true one away", "[learning]") {
  EndpointMemory stripped = known("a");
  LearnedDomain learned = learn(with_hosts({"a"}), all_of({stripped}), kRules, now());
  stripped.alarm = now() + kDay;
  learned.hosts = {"mx.evil.example"};
  const Endpoints endpoints = all_of({stripped});
  CHECK(has_alarm(learned, endpoints));
  CHECK(learn(learned, endpoints, kRules, now() + 400 * kDay).learned);
}

TEST_CASE("TLS at one address of a host speaks for the host", "[learning]") {
  const Endpoints endpoints = all_of({known("a", "192.0.2.1"), without_tls("a", "192.0.2.2")});
  CHECK(host_did_tls(endpoints, "a", kRules, now()));
  CHECK_FALSE(host_did_tls(endpoints, "b", kRules, now()));
  CHECK_FALSE(host_did_tls(endpoints, "a", kRules, now() + 31 * kDay));
}

TEST_CASE("A host on another port is another host", "[learning]") {
  CHECK(endpoint_host("relay.example", 25, 25) == "relay.example");
  CHECK(endpoint_host("relay.example", 587, 25) == "relay.example:587");
  CHECK(endpoint_host("relay.example", 2525, 2525) == "relay.example");
}

TEST_CASE("Whether a policy is met at a host", "[guard]") {
  using Change = std::function<void(Evidence&, TlsPolicy&)>;
  struct Row {
    Change change;
    Proof proof;
    const char* why;
  };
  const auto level = [](Level wanted) {
    return [wanted](Evidence&, TlsPolicy& policy) { policy.level = wanted; };
  };
  const std::vector<Row> rows{
      {[](Evidence&, TlsPolicy&) {}, Proof::proven, "a trusted certificate for the host"},
      {[](Evidence& seen, TlsPolicy&) { seen.chain_trusted = false; }, Proof::disproven,
       "not trusted"},
      {[](Evidence& seen, TlsPolicy&) { seen.names_host = false; }, Proof::disproven,
       "for another name"},
      {[](Evidence& seen, TlsPolicy& policy) {
         seen.chain_trusted = false;
         policy.ca_file = "/partner.pem";
       },
       Proof::proven, "a partner's own authority is not known to probes"},
      {[](Evidence& seen, TlsPolicy& policy) {
         seen.names_host = false;
         policy.certificate_names = {MxPattern::parse("mx.acme.example").value()};
       },
       Proof::proven, "the certificate has a name that the policy asks for"},
      {[](Evidence& seen, TlsPolicy& policy) {
         seen.names = {"*.acme.example"};
         policy.certificate_names = {MxPattern::parse("mx.acme.example").value()};
       },
       Proof::proven, "by a wildcard"},
      {[](Evidence& seen, TlsPolicy& policy) {
         seen.names = {"*.other.example"};
         policy.certificate_names = {MxPattern::parse("mx.acme.example").value()};
       },
       Proof::disproven, "by none"},
      {[](Evidence& seen, TlsPolicy&) {
         seen.kind = EvidenceKind::negative;
         seen.tls.reset();
       },
       Proof::disproven, "no TLS"},
      {[](Evidence& seen, TlsPolicy& policy) {
         seen.tls = TlsVersion::tls1_2;
         policy.min_tls = TlsVersion::tls1_3;
       },
       Proof::disproven, "too old a version"},
      {[](Evidence& seen, TlsPolicy&) { seen.at -= 4 * kDay; }, Proof::unproven, "stale"},
      {[](Evidence& seen, TlsPolicy& policy) {
         policy.level = Level::encrypt;
         seen.chain_trusted = false;
       },
       Proof::proven, "encrypt asks for no certificate"},
      {level(Level::may), Proof::proven, "may asks for nothing"},
      {level(Level::dane_only), Proof::disproven, "dane-only, and no TLSA was to be had"},
      {[](Evidence& seen, TlsPolicy& policy) {
         policy.level = Level::dane_only;
         seen.dane = true;
         seen.chain_trusted = false;
       },
       Proof::proven, "TLSA needs no authority"},
      {[](Evidence& seen, TlsPolicy& policy) {
         policy.level = Level::dane;
         seen.dane = false;
       },
       Proof::disproven, "TLSA that does not match"},
      {level(Level::dane), Proof::proven, "dane without TLSA is opportunistic"},
      {[](Evidence& seen, TlsPolicy& policy) {
         policy.level = Level::dane;
         seen.tls.reset();
       },
       Proof::proven, "also in clear"},
      {[](Evidence& seen, TlsPolicy& policy) {
         policy.level = Level::fingerprint;
         policy.pins = {Fingerprint::parse("sha256:" + std::string(64, 'a')).value()};
         seen.chain_trusted = false;
       },
       Proof::proven, "the pinned certificate"},
      {[](Evidence&, TlsPolicy& policy) {
         policy.level = Level::fingerprint;
         policy.pins = {Fingerprint::parse("spki-sha256:" + std::string(64, 'b')).value()};
       },
       Proof::proven, "the pinned key"},
      {[](Evidence&, TlsPolicy& policy) {
         policy.level = Level::fingerprint;
         policy.pins = {Fingerprint::parse("sha256:" + std::string(64, 'b')).value()};
       },
       Proof::disproven, "another one"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    EndpointMemory endpoint = known("mx.acme.example");
    TlsPolicy policy = secure({"mx.acme.example"});
    row.change(*endpoint.conclusive, policy);
    const HostProof proof = prove_host(policy, "mx.acme.example", {&endpoint}, now());
    CAPTURE(proof.text);
    CHECK(proof.proof == row.proof);
  }
}

TEST_CASE("Only hosts that the policy names count", "[guard]") {
  const Endpoints endpoints =
      all_of({known("mx1.acme.example"), without_tls("mx2.acme.example", "192.0.2.2")});
  const LearnedDomain both = with_hosts({"mx1.acme.example", "mx2.acme.example"});
  const auto first = prove_domain(secure({"mx1.acme.example"}), both, endpoints, now());
  REQUIRE(first.size() == 1);
  CHECK(first.front().proof == Proof::proven);
  const auto none = prove_domain(secure({"mx.other.example"}), both, endpoints, now());
  REQUIRE(none.size() == 1);
  CHECK(none.front().proof == Proof::disproven);
  CHECK(none.front().host == "mx1.acme.example, mx2.acme.example");
  CHECK(prove_domain(secure({"*.acme.example"}), both, endpoints, now()).size() == 2);
}

TEST_CASE("What the guard does with a policy that becomes enforcing", "[guard]") {
  const auto verdict = [](std::vector<Proof> proofs, Seconds waited, bool accepted = false) {
    std::vector<HostProof> hosts;
    for (const Proof each : proofs)
      hosts.push_back({"mx", each, ""});
    return judge_enforcement(hosts, now() - waited, accepted, now());
  };
  CHECK(verdict({Proof::proven}, 0s) == GuardVerdict::enforce);
  CHECK(verdict({Proof::proven, Proof::unproven}, 0s) == GuardVerdict::enforce);
  CHECK(verdict({Proof::proven, Proof::disproven}, 0s) == GuardVerdict::wait_for_operator);
  CHECK(verdict({Proof::disproven}, 30 * kDay) == GuardVerdict::wait_for_operator);
  CHECK(verdict({Proof::disproven}, 0s, true) == GuardVerdict::enforce);
  CHECK(verdict({}, 0s) == GuardVerdict::wait_for_evidence);
  CHECK(verdict({Proof::unproven}, 7 * kDay - 1s) == GuardVerdict::wait_for_evidence);
  CHECK(verdict({Proof::unproven}, 7 * kDay) == GuardVerdict::enforce_unproven);
  CHECK(verdict({}, 7 * kDay) == GuardVerdict::enforce_unproven);
}

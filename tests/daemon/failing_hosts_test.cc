// SPDX-License-Identifier: MIT
/// MX hosts that mail would wait at.
#include "daemon/control/overview/failing_hosts.h"

#include "daemon/control/overview/failure_causes.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::entry;
using test::now;
using test::policy;
using test::snapshot_of;

EndpointMemory endpoint(const std::string& host, EvidenceKind kind,
                        const std::string& address = "192.0.2.1") {
  EndpointMemory out;
  out.host = host;
  out.address = address;
  out.conclusive = Evidence{.host = host,
                            .address = address,
                            .at = now(),
                            .kind = kind,
                            .stage = "starttls",
                            .outcome = "unsupported",
                            .detail = kind == EvidenceKind::positive ? "" : "no STARTTLS",
                            .names = {}};
  if (kind == EvidenceKind::positive) out.conclusive->tls = TlsVersion::tls1_3;
  out.last = out.conclusive;
  return out;
}

ProbeStates states_of(const std::vector<EndpointMemory>& endpoints,
                      const std::vector<std::pair<std::string, std::string>>& domains) {
  ProbeStates out;
  for (const EndpointMemory& each : endpoints)
    out.endpoints.put(each);
  for (const auto& [domain, host] : domains)
    out.domains[domain] = LearnedDomain{.domain = domain, .hosts = {host}};
  return out;
}

TEST_CASE("A host that does TLS as it is asked fails nobody", "[overview]") {
  const auto states = states_of({endpoint("mx.a.example", EvidenceKind::positive)},
                                {{"a.example", "mx.a.example"}});
  const auto found =
      failing_hosts(states, snapshot_of({entry("a.example", policy(Level::encrypt))}), now());
  CHECK(found.count == 0);
  CHECK(found.rows.empty());
}

TEST_CASE("A host without TLS fails the domains that it is enforced for", "[overview]") {
  const auto states = states_of({endpoint("mx.a.example", EvidenceKind::negative)},
                                {{"a.example", "mx.a.example"}, {"b.example", "mx.a.example"}});
  const auto found =
      failing_hosts(states, snapshot_of({entry("b.example", policy(Level::encrypt))}), now());
  REQUIRE(found.rows.size() == 1);
  const FailingHost& row = found.rows[0];
  CHECK(row.host == "mx.a.example");
  CHECK(row.address == "192.0.2.1");
  CHECK(row.stage == "starttls");
  CHECK(row.outcome == "unsupported");
  CHECK(row.why == "no STARTTLS");
  CHECK(row.level == "encrypt");
  CHECK(row.enforced == 1);
  CHECK(row.domains == 2);
  CHECK(row.of == std::vector<std::string>{"b.example", "a.example"});  // whose mail waits first
}

TEST_CASE("A certificate that is not what the policy asks is a failure of that policy",
          "[overview]") {
  const auto states = states_of({endpoint("mx.a.example", EvidenceKind::positive)},
                                {{"a.example", "mx.a.example"}});
  const auto found = failing_hosts(
      states, snapshot_of({entry("a.example", policy(Level::secure, {"mx.a.example"}))}), now());
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].why.contains("not trusted"));
}

TEST_CASE("A policy that names none of the MX hosts fails without any look", "[overview]") {
  const auto states = states_of({}, {{"a.example", "mx.b.example"}});
  const auto found = failing_hosts(
      states, snapshot_of({entry("a.example", policy(Level::secure, {"mx.a.example"}))}), now());
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].host == "mx.b.example");
  CHECK(found.rows[0].address.empty());
  CHECK(found.rows[0].why.contains("names none"));
}

TEST_CASE("An alarm is a failure, and an entry that has ended enforces nothing", "[overview]") {
  EndpointMemory alarmed = endpoint("mx.a.example", EvidenceKind::negative);
  alarmed.alarm = now();
  SnapshotEntry ended = entry("a.example", policy(Level::encrypt));
  ended.valid_until = now();
  const auto found = failing_hosts(states_of({alarmed}, {{"a.example", "mx.a.example"}}),
                                   snapshot_of({ended}), now());
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].alarm == now());
  CHECK(found.rows[0].enforced == 0);
}

TEST_CASE("Causes are counted, of words that are ours", "[overview]") {
  EndpointMemory unknown = endpoint("x.example", EvidenceKind::negative);
  unknown.last->outcome = "\" injected";
  EndpointMemory known = endpoint("a.example", EvidenceKind::inconclusive);
  known.last->stage = stage_name(Stage::handshake);
  known.last->outcome = outcome_class_name(OutcomeClass::timeout);
  EndpointMemory same = known;
  same.host = "b.example";
  const auto states =
      states_of({unknown, known, same, endpoint("c.example", EvidenceKind::positive)}, {});
  const FailureCauses causes = failure_causes(states.endpoints);
  REQUIRE(causes.endpoints.size() == 1);
  CHECK(causes.endpoints.at({Stage::handshake, OutcomeClass::timeout}) == 2);
}

TEST_CASE("Many are counted, and the worst are shown first", "[overview]") {
  std::vector<EndpointMemory> endpoints;
  for (std::size_t i = 0; i < kMostFailingHosts + 50; ++i)
    endpoints.push_back(endpoint("mx" + std::to_string(i) + ".example", EvidenceKind::negative));
  endpoints.push_back(endpoint("zz.example", EvidenceKind::negative));
  std::vector<std::pair<std::string, std::string>> domains;
  for (std::size_t i = 0; i < 100; ++i)
    domains.emplace_back("d" + std::to_string(i) + ".example", "zz.example");
  const auto found =
      failing_hosts(states_of(endpoints, domains),
                    snapshot_of({entry("d5.example", policy(Level::encrypt))}), now());
  CHECK(found.count == kMostFailingHosts + 51);
  REQUIRE(found.rows.size() == kMostFailingHosts);
  CHECK(found.rows[0].host == "zz.example");
  CHECK(found.rows[0].domains == 100);
  CHECK(found.rows[0].of.size() == 3);
  CHECK(found.rows[0].of[0] == "d5.example");
}

}  // namespace
}  // namespace tlspact

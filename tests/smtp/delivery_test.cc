// SPDX-License-Identifier: MIT
/// What follows a failure: the next address, the next host, no certificate, clear text, an alarm.
#include "smtp/delivery/delivery.h"

#include <map>

#include "smtp/tlsrpt.h"
#include "tests/support/catch.h"
#include "tests/support/coroutines.h"
#include "tests/support/scripted_channel.h"

using namespace tlspact;
using test::ScriptedChannel;

namespace {

using Script = std::vector<std::string>;

const Script kNoTls{"220 mx", "250 mx", "250", "250", "354", "250 taken", "221"};
const Script kGood{"220 mx", "250-mx", "250 STARTTLS", "220 go",    "TLS", "250 mx",
                   "250",    "250",    "354",          "250 taken", "221"};
const Script kBrokenTls{"220 mx", "250-mx", "250 STARTTLS", "220 go", "!tls"};
const Script kInClear{"220 mx", "250-mx", "250 STARTTLS", "250", "250", "354", "250 taken", "221"};

/// Servers by their addresses, a script a connection; and what was done.
struct Net {
  std::map<std::string, std::vector<Script>> servers;
  std::vector<std::string> connected;
  TlsFacts facts;
  bool did_tls = false;
  TlsDemand demand = TlsDemand::opportunistic;
  std::string client_certificate;
  bool requiretls = false;

  DeliveryReport go(const std::vector<std::string>& addresses) {
    DeliveryPlan plan;
    for (const std::string& address : addresses) {
      DeliveryAttempt attempt{"mx.example", boost::asio::ip::make_address(address), {}};
      attempt.policy.demand = demand;
      attempt.policy.client_certificate = client_certificate;
      plan.attempts.push_back(attempt);
    }
    DeliveryOptions options;
    options.helo = "me.example";
    options.now = [] { return Time{}; };
    options.did_tls = [this](const std::string&, const auto&) { return did_tls; };
    options.connect = [this](const SessionRequest& request) -> std::unique_ptr<SessionChannel> {
      const std::string address = request.endpoint.address().to_string();
      connected.push_back(address + (request.in_clear ? " in clear" : "") +
                          (request.policy.client_certificate.empty() ? "" : " with certificate"));
      std::vector<Script>& scripts = servers.at(address);
      Script script = scripts.front();
      if (scripts.size() > 1) scripts.erase(scripts.begin());
      return std::make_unique<ScriptedChannel>(script, facts);
    };
    Envelope envelope;
    envelope.recipients = {"b@acme.example"};
    envelope.requiretls = requiretls;
    boost::asio::io_context io;
    const TrustStore nobody = TrustStore::of({});
    return test::run(io, deliver(plan, envelope, {}, nobody, options));
  }
};

}  // namespace

TEST_CASE("second_ip_tried_after_tls_failure, and clear text after all of them") {
  Net net;
  net.servers = {{"192.0.2.1", {kBrokenTls, kInClear}}, {"192.0.2.2", {kGood}}};
  const DeliveryReport report = net.go({"192.0.2.1", "192.0.2.2"});
  CHECK(report.recipients[0].fate == Fate::delivered);
  CHECK(net.connected == Script{"192.0.2.1", "192.0.2.2"});
}

TEST_CASE("opportunistic fallback is a new connection, the last resort, and said") {
  Net net;
  net.servers = {{"192.0.2.1", {kBrokenTls, kInClear}}, {"192.0.2.2", {{"connect!reset"}}}};
  const DeliveryReport report = net.go({"192.0.2.1", "192.0.2.2"});
  CHECK(report.recipients[0].fate == Fate::delivered);
  CHECK(net.connected == Script{"192.0.2.1", "192.0.2.2", "192.0.2.1 in clear"});
  CHECK(report.sessions.back().result.outcome.detail == "delivered in clear");
  CHECK(report.alarms.empty());
}

TEST_CASE("a remembered success turns the fallback into a deferral and an alarm") {
  for (const Script& script : {kBrokenTls, kNoTls}) {
    Net net;
    net.did_tls = true;
    net.servers = {{"192.0.2.1", {script}}};
    const DeliveryReport report = net.go({"192.0.2.1"});
    CHECK(report.recipients[0].fate == Fate::deferred);
    CHECK(net.connected == Script{"192.0.2.1"});
    REQUIRE(report.alarms.size() == 1);
    CHECK(report.alarms[0].starts_with("mx.example (192.0.2.1) did TLS before"));
  }
}

TEST_CASE("starttls_5xx_enforced_is_transient_and_tries_next_mx") {
  Net net;
  net.demand = TlsDemand::encrypted;
  net.servers = {{"192.0.2.1", {{"220 mx", "250-mx", "250 STARTTLS", "502 no", "221"}}},
                 {"192.0.2.2", {kGood}}};
  CHECK(net.go({"192.0.2.1", "192.0.2.2"}).recipients[0].fate == Fate::delivered);
  Net alone;
  alone.demand = TlsDemand::encrypted;
  alone.servers = net.servers;
  alone.servers["192.0.2.1"] = {{"220 mx", "250-mx", "250 STARTTLS", "502 no", "221"}};
  CHECK(alone.go({"192.0.2.1"}).recipients[0].fate == Fate::deferred);
  CHECK(alone.connected.size() == 1);
}

TEST_CASE("starttls_not_advertised_enforced_transient") {
  Net net;
  net.demand = TlsDemand::encrypted;
  net.servers = {{"192.0.2.1", {kNoTls}}};
  const DeliveryReport report = net.go({"192.0.2.1"});
  CHECK(report.recipients[0].fate == Fate::deferred);
  CHECK(report.recipients[0].stage == Stage::starttls);
}

TEST_CASE("a 5xx to the envelope is final, to the greeting it is not") {
  Net net;
  net.servers = {{"192.0.2.1", {{"220 mx", "250 mx", "250", "550 unknown", "221"}}},
                 {"192.0.2.2", {kGood}}};
  CHECK(net.go({"192.0.2.1", "192.0.2.2"}).recipients[0].fate == Fate::refused);
  CHECK(net.connected.size() == 1);
  Net greeting;
  greeting.servers = {{"192.0.2.1", {{"554 no service"}}}, {"192.0.2.2", {kGood}}};
  CHECK(greeting.go({"192.0.2.1", "192.0.2.2"}).recipients[0].fate == Fate::delivered);
}

TEST_CASE("a client certificate that is turned down: once more without, and only once") {
  Net net;
  net.facts.client_certificate = true;
  net.client_certificate = "/mine.pem";
  net.demand = TlsDemand::encrypted;
  net.servers = {
      {"192.0.2.1", {{"220 mx", "250-mx", "250 STARTTLS", "220", "TLS", "!tls"}, kGood}}};
  CHECK(net.go({"192.0.2.1"}).recipients[0].fate == Fate::delivered);
  CHECK(net.connected == Script{"192.0.2.1 with certificate", "192.0.2.1"});
  Net never;
  never.facts.client_certificate = true;
  never.client_certificate = "/mine.pem";
  never.demand = TlsDemand::encrypted;
  never.servers = {{"192.0.2.1", {{"220 mx", "250-mx", "250 STARTTLS", "220", "TLS", "!tls"}}}};
  CHECK(never.go({"192.0.2.1"}).recipients[0].fate == Fate::deferred);
  CHECK(never.connected.size() == 2);
}

TEST_CASE("an extension that no host offers is final; one failing host leaves hope") {
  const Script lacks{"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "250 mx", "221"};
  Net net;
  net.requiretls = true;
  net.servers = {{"192.0.2.1", {lacks}}, {"192.0.2.2", {lacks}}};
  CHECK(net.go({"192.0.2.1", "192.0.2.2"}).recipients[0].fate == Fate::refused);
  Net hope;
  hope.requiretls = true;
  hope.servers = {{"192.0.2.1", {lacks}}, {"192.0.2.2", {{"connect!reset"}}}};
  CHECK(hope.go({"192.0.2.1", "192.0.2.2"}).recipients[0].fate == Fate::deferred);
}

TEST_CASE("RFC 8460 names of failures") {
  const auto failure = [](Stage stage, OutcomeClass outcome, TlsDemand demand,
                          const CertificateVerdict& verdict = {}) {
    SessionRequest request;
    request.policy.demand = demand;
    SessionResult result;
    result.outcome = {stage, outcome, EvidenceKind::negative, ""};
    result.certificate = verdict;
    const auto found = tlsrpt_failure(request, result);
    return found ? std::string{tlsrpt_failure_name(*found)} : "none";
  };
  const auto fault = [](ChainFault::Kind kind) {
    CertificateVerdict verdict;
    verdict.chain_faults = {{.kind = kind, .depth = 0, .openssl_code = 1, .text = ""}};
    return verdict;
  };
  using C = OutcomeClass;
  CHECK(failure(Stage::starttls, C::absent, TlsDemand::pkix) == "starttls-not-supported");
  CHECK(failure(Stage::starttls, C::refused, TlsDemand::pkix) == "starttls-not-supported");
  CHECK(failure(Stage::starttls, C::protocol, TlsDemand::pkix) == "validation-failure");
  CHECK(failure(Stage::handshake, C::crypto, TlsDemand::pkix) == "validation-failure");
  CHECK(failure(Stage::verify, C::mismatch, TlsDemand::pkix) == "certificate-host-mismatch");
  CHECK(failure(Stage::verify, C::mismatch, TlsDemand::pkix, fault(ChainFault::Kind::expired)) ==
        "certificate-expired");
  CHECK(failure(Stage::verify, C::mismatch, TlsDemand::pkix, fault(ChainFault::Kind::untrusted)) ==
        "certificate-not-trusted");
  CHECK(failure(Stage::verify, C::mismatch, TlsDemand::pkix, fault(ChainFault::Kind::other)) ==
        "validation-failure");
  CHECK(failure(Stage::verify, C::mismatch, TlsDemand::dane) == "validation-failure");
  CHECK(failure(Stage::rcpt, C::refused, TlsDemand::pkix) == "none");
  CHECK(failure(Stage::connect, C::timeout, TlsDemand::pkix) == "none");
  CHECK(tlsrpt_failure(Outcome{Stage::dns_tlsa, C::insecure, EvidenceKind::inconclusive, ""}) ==
        TlsrptFailure::dane_required);
  CHECK(tlsrpt_failure(Outcome{Stage::dns_tlsa, C::bogus, EvidenceKind::inconclusive, ""}) ==
        TlsrptFailure::dnssec_invalid);
}

TEST_CASE("a TLSRPT datagram is libtlsrpt's, and remote words in it are censored") {
  TlsrptEvent event;
  event.domain = "acme.example";
  event.record = "v=TLSRPTv1; rua=mailto:r@acme.example";
  event.policy_type = TlsrptPolicyType::sts;
  event.policy_domain = "acme.example";
  event.policy_lines = {"version: STSv1"};
  event.mx_patterns = {"*.acme.example"};
  event.failures = {{.failure = TlsrptFailure::certificate_expired,
                     .receiving_host = "mx1.acme.example",
                     .receiving_helo = "evil\xff\n\"",
                     .receiving_address = "192.0.2.1",
                     .additional = ""}};
  CHECK(tlsrpt_datagram(event) ==
        R"({"dpv":"1","d":"acme.example","pr":"v=TLSRPTv1; rua=mailto:r@acme.example","policies":)"
        R"([{"policy-type":2,"policy-domain":"acme.example","policy-string":["version: STSv1"],)"
        R"("mx-host":["*.acme.example"],"failure-details":[{"c":204,"n":"mx1.acme.example",)"
        R"("h":"evil??\"","r":"192.0.2.1"}],"t":1,"f":1}]})");
  event.failures.assign(2000, event.failures.front());
  CHECK(tlsrpt_datagram(event).size() <= 60'000);
}

// SPDX-License-Identifier: MIT
#include "daemon/dns/dnssec_self_test.h"

#include <vector>

#include "tests/daemon/dns_lab.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using namespace std::chrono_literals;
using test::DnsLab;
using test::FakeNameServer;
using test::run;

constexpr auto kZones = R"({"secure.test": {"records": ["@ MX 10 mx", "mx A 192.0.2.1"]}})";

/// What was found, and what a question for a signed name is answered then.
struct Seen {
  DnssecSelfTest self_test;
  DnsAnswer answer;
};

Seen see(const DnsOptions& options) {
  boost::asio::io_context context;
  Result<TestedResolver> made = run(context, make_resolver(options));
  REQUIRE(made);
  const auto answer = run(context, made->resolver->query("mx.secure.test", RecordType::a));
  return {made->self_test, answer};
}

void check_insecure(const Seen& seen, DnssecSupport support, const std::string& said) {
  CHECK(seen.self_test.support == support);
  INFO(seen.self_test.text);
  CHECK(seen.self_test.text.find(said) != std::string::npos);
  CHECK(seen.self_test.text.find('\n') == std::string::npos);
  CHECK(seen.answer.outcome == DnsOutcome::records);
  CHECK(seen.answer.security == DnsSecurity::insecure);
}

TEST_CASE("DNSSEC works") {
  const DnsLab lab{kZones};
  const Seen seen = see(lab.options());
  CHECK(seen.self_test.support == DnssecSupport::works);
  CHECK(seen.self_test.text.empty());
  CHECK(seen.answer.security == DnsSecurity::secure);
}

TEST_CASE("without a trust anchor there is no DNSSEC") {
  const DnsLab lab{kZones};
  DnsOptions options = lab.options();
  options.trust_anchor.clear();
  check_insecure(see(options), DnssecSupport::no_trust_anchor, "no [dns] trust_anchor");
}

TEST_CASE("a root without signatures is a server that drops them") {
  const DnsLab lab{R"({".": {"kind": "stripped"}, "secure.test": {"kind": "insecure", "records": [
    "mx A 192.0.2.1"]}})"};
  check_insecure(see(lab.options()), DnssecSupport::servers_strip_dnssec,
                 lab.server() + ") drop signatures");
}

TEST_CASE("signatures that do not hold now are the clock's fault") {
  const DnsLab lab{R"({".": {"kind": "expired"}, "secure.test": {"records": [
    "mx A 192.0.2.1"]}})"};
  check_insecure(see(lab.options()), DnssecSupport::clock_wrong, "set the clock");
}

TEST_CASE("another root's trust anchor does not match") {
  const DnsLab lab{kZones};
  const DnsLab other{"{}"};
  DnsOptions options = lab.options();
  options.trust_anchor = other.trust_anchor();
  check_insecure(see(options), DnssecSupport::anchor_mismatch, other.trust_anchor());
}

TEST_CASE("servers that cannot be reached do not switch DANE off for the run") {
  DnsLab lab{kZones};
  lab.tell(R"({"silent": true})");
  boost::asio::io_context context;
  DnsOptions options = lab.options();
  options.deadline = 300ms;
  const Result<TestedResolver> made = run(context, make_resolver(options));
  REQUIRE(made);
  CHECK(made->self_test.support == DnssecSupport::servers_unreachable);
  CHECK(made->self_test.text.find("do not answer") != std::string::npos);
  lab.tell(R"({"silent": false})");
  DnsAnswer answer;
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (answer.outcome == DnsOutcome::failed && std::chrono::steady_clock::now() < give_up)
    answer = run(context, made->resolver->query("mx.secure.test", RecordType::a));
  CHECK(answer.security == DnsSecurity::secure);
}

TEST_CASE("a resolver that cannot be made is an error") {
  boost::asio::io_context context;
  const auto made =
      run(context, make_resolver({.servers = {"9.9.9.9"}, .trust_anchor = "/nowhere/root.key"}));
  REQUIRE_FALSE(made);
  CHECK(made.error().text.find("/nowhere/root.key") != std::string::npos);
}

/// Hands each question on to NSD over UDP, but nobody listens on its port for TCP.
std::string relay(const std::string& place, const std::string& question) {
  Poco::Net::DatagramSocket socket;
  const std::size_t at = place.find('@');
  socket.connect({place.substr(0, at), place.substr(at + 1)});
  socket.setReceiveTimeout({10, 0});
  socket.sendBytes(question.data(), static_cast<int>(question.size()));
  std::string reply(65535, '\0');
  const int size = socket.receiveBytes(reply.data(), static_cast<int>(reply.size()));
  reply.resize(static_cast<std::size_t>(size));
  return reply;
}

TEST_CASE("DNSSEC works without TCP, but not for everybody") {
  const DnsLab lab{kZones};
  const FakeNameServer no_tcp{
      [&](const std::string& question) { return relay(lab.server(), question); }};
  DnsOptions options = lab.options();
  options.servers = {no_tcp.place()};
  const Seen seen = see(options);
  CHECK(seen.self_test.support == DnssecSupport::works);
  CHECK(seen.self_test.text.find("not over TCP with " + no_tcp.place()) != std::string::npos);
  CHECK(seen.answer.security == DnsSecurity::secure);
}

}  // namespace
}  // namespace tlspact

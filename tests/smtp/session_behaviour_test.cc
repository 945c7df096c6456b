// SPDX-License-Identifier: MIT
/// What a session makes of servers that behave oddly: stage, class and evidence of each.
#include "smtp/session/session.h"

#include "tests/support/catch.h"
#include "tests/support/coroutines.h"
#include "tests/support/scripted_channel.h"

using namespace tlspact;
using test::ScriptedChannel;

namespace {

SessionRequest probe_request(TlsDemand demand = TlsDemand::opportunistic) {
  SessionRequest request;
  request.host = "mx1.acme.example";
  request.endpoint = {boost::asio::ip::make_address("192.0.2.1"), 25};
  request.helo = "me.example";
  request.policy.demand = demand;
  return request;
}

SessionRequest delivery_request(TlsDemand demand = TlsDemand::opportunistic) {
  SessionRequest request = probe_request(demand);
  request.envelope = Envelope{};
  request.envelope->sender = "a@me.example";
  request.envelope->recipients = {"b@acme.example"};
  request.message.size = 100;
  return request;
}

SessionResult hold(ScriptedChannel& channel, const SessionRequest& request) {
  boost::asio::io_context io;
  return test::run(io, run_session(channel, request, TrustStore::of({}), Time{}));
}

struct Row {
  std::string why;
  std::vector<std::string> script;
  Stage stage;
  OutcomeClass outcome;
  EvidenceKind evidence;
};

constexpr auto kPositive = EvidenceKind::positive;
constexpr auto kNegative = EvidenceKind::negative;
constexpr auto kNothing = EvidenceKind::inconclusive;

}  // namespace

TEST_CASE("a probe names stage, class and evidence of what a server does") {
  using S = Stage;
  using C = OutcomeClass;
  const std::vector<Row> rows{
      {"it does TLS",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "250 mx", "221 bye"},
       S::quit,
       C::ok,
       kPositive},
      {"nobody listens", {"connect!reset"}, S::connect, C::reset, kNothing},
      {"there is no way to it", {"connect!unreachable"}, S::connect, C::reset, kNothing},
      {"TCP is not answered", {"connect!timeout"}, S::connect, C::timeout, kNothing},
      {"no descriptor is left here", {"connect!local"}, S::connect, C::local, kNothing},
      {"it accepts and never speaks", {"@180", "!timeout"}, S::banner, C::timeout, kNothing},
      {"it accepts and hangs up", {"!closed"}, S::banner, C::reset, kNothing},
      {"421_banner_is_inconclusive", {"421 busy"}, S::banner, C::tempfail, kNothing},
      {"421 with a rate limit", {"421 Too many connections"}, S::banner, C::policy_block, kNothing},
      {"421 by a block list",
       {"421 Client host blocked using internal list"},
       S::banner,
       C::policy_block,
       kNothing},
      {"450 of a greylist",
       {"450 4.2.0 Greylisted, try again later"},
       S::banner,
       C::policy_block,
       kNothing},
      {"554 of a block list",
       {"554 5.7.1 listed at sbl.example"},
       S::banner,
       C::policy_block,
       kNothing},
      {"554 without a reason", {"554 no service"}, S::banner, C::refused, kNothing},
      {"521 takes no mail", {"521 we take no mail"}, S::banner, C::refused, kNothing},
      {"a greeting with a code that is no greeting",
       {"250 hello"},
       S::banner,
       C::protocol,
       kNothing},
      {"a banner of four digits", {"2200 mx"}, S::banner, C::protocol, kNothing},
      {"a banner without a code", {"mx ESMTP ready"}, S::banner, C::protocol, kNothing},
      {"HTTP", {"HTTP/1.1 400 Bad Request"}, S::banner, C::protocol, kNothing},
      {"lines of different codes", {"220-mx", "250 mx"}, S::banner, C::protocol, kNothing},
      {"a line without end", {"!garbage"}, S::banner, C::protocol, kNothing},
      {"no STARTTLS",
       {"220 mx", "250-mx", "250 PIPELINING", "221 bye"},
       S::starttls,
       C::absent,
       kNegative},
      {"STARTTLS in lower case is STARTTLS",
       {"220 mx", "250-mx", "250 starttls", "220 go", "TLS", "250 mx", "221 bye"},
       S::quit,
       C::ok,
       kPositive},
      {"a keyword that only contains it is another one",
       {"220 mx", "250-mx", "250 XSTARTTLS", "221 bye"},
       S::starttls,
       C::absent,
       kNegative},
      {"a greeting that contains it offers nothing",
       {"220 mx", "250 mx STARTTLS", "221 bye"},
       S::starttls,
       C::absent,
       kNegative},
      {"a firewall has struck it out",
       {"220 ****", "250-mx", "250 XXXXXXXA", "221 bye"},
       S::starttls,
       C::local,
       kNothing},
      {"EHLO is refused", {"220 mx", "502 what?", "221 bye"}, S::ehlo, C::refused, kNothing},
      {"EHLO gets 421", {"220 mx", "421 closing"}, S::ehlo, C::tempfail, kNothing},
      {"EHLO gets a rate limit",
       {"220 mx", "554 5.7.1 rate limit exceeded"},
       S::ehlo,
       C::policy_block,
       kNothing},
      {"EHLO is not answered", {"220 mx", "!timeout"}, S::ehlo, C::timeout, kNothing},
      {"it hangs up at EHLO", {"220 mx", "!closed"}, S::ehlo, C::reset, kNothing},
      {"EHLO gets garbage", {"220 mx", "hello"}, S::ehlo, C::protocol, kNothing},
      {"STARTTLS is refused",
       {"220 mx", "250-mx", "250 STARTTLS", "502 5.5.1 no", "221 bye"},
       S::starttls,
       C::refused,
       kNothing},
      {"STARTTLS has to wait",
       {"220 mx", "250-mx", "250 STARTTLS", "454 4.7.0 TLS not available", "221 bye"},
       S::starttls,
       C::tempfail,
       kNothing},
      {"STARTTLS gets another 2xx",
       {"220 mx", "250-mx", "250 STARTTLS", "250 ok", "221 bye"},
       S::starttls,
       C::protocol,
       kNothing},
      {"STARTTLS is not answered",
       {"220 mx", "250-mx", "250 STARTTLS", "!timeout"},
       S::starttls,
       C::timeout,
       kNothing},
      {"bytes_after_220_before_handshake_fail (RFC 3207 section 4.2)",
       {"220 mx", "250-mx", "250 STARTTLS", "+220 go"},
       S::starttls,
       C::protocol,
       kNothing},
      {"the handshake is not answered",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "!timeout"},
       S::handshake,
       C::timeout,
       kNothing},
      {"it hangs up in the handshake",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "!closed"},
       S::handshake,
       C::reset,
       kNothing},
      {"an alert in the handshake",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "!tls"},
       S::handshake,
       C::crypto,
       kNegative},
      {"tls13_late_alert_counts_as_tls_failure (RFC 8446 section 4.4.2.4)",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "!tls"},
       S::handshake,
       C::crypto,
       kNegative},
      {"it hangs up behind the handshake",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "!closed"},
       S::ehlo_tls,
       C::reset,
       kNothing},
      {"silence behind the handshake",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "!timeout"},
       S::ehlo_tls,
       C::timeout,
       kNothing},
      {"EHLO under TLS is refused: no HELO there",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "502 no", "221 bye"},
       S::ehlo_tls,
       C::refused,
       kNothing},
      {"421 under TLS",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "421 busy"},
       S::ehlo_tls,
       C::tempfail,
       kNothing},
      {"QUIT is not answered, which changes nothing",
       {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "250 mx", "!timeout"},
       S::quit,
       C::ok,
       kPositive},
  };
  for (const Row& row : rows) {
    ScriptedChannel channel{row.script};
    const SessionResult result = hold(channel, probe_request());
    CAPTURE(row.why, result.outcome.detail);
    CHECK(stage_name(result.outcome.stage) == stage_name(row.stage));
    CHECK(outcome_class_name(result.outcome.outcome) == outcome_class_name(row.outcome));
    CHECK(evidence_kind_name(result.outcome.evidence) == evidence_kind_name(row.evidence));
    CHECK(channel.closed);
  }
}

TEST_CASE("greet_delay_40s_is_slow_not_absent") {
  ScriptedChannel channel{
      {"@40", "220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "250 mx", "221 bye"}};
  const SessionResult result = hold(channel, probe_request());
  CHECK(result.outcome.outcome == OutcomeClass::ok);
  REQUIRE(result.notes.size() == 1);
  CHECK(result.notes.front() == "banner: slow, the answer took 40 s");
}

TEST_CASE("a probe makes one connection, says QUIT, and no MAIL") {
  ScriptedChannel channel{
      {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "250 mx", "221 bye"}};
  static_cast<void>(hold(channel, probe_request()));
  CHECK(channel.said == std::vector<std::string>{"EHLO me.example\r\n", "STARTTLS\r\n",
                                                 "EHLO me.example\r\n", "QUIT\r\n"});
}

TEST_CASE(
    "a probe that fails in clear still says QUIT; one whose TLS failed says nothing in clear") {
  ScriptedChannel absent{{"220 mx", "250 mx", "221 bye"}};
  static_cast<void>(hold(absent, probe_request()));
  CHECK(absent.said.back() == "QUIT\r\n");
  ScriptedChannel broken{{"220 mx", "250-mx", "250 STARTTLS", "220 go", "!tls"}};
  static_cast<void>(hold(broken, probe_request()));
  CHECK(broken.said.back() == "STARTTLS\r\n");
}

TEST_CASE("TLS that fails is never a reason to return mail, whatever the code") {
  const std::vector<std::vector<std::string>> scripts{
      {"220 mx", "250 mx", "221 bye"},                                         // not offered
      {"220 mx", "250-mx", "250 STARTTLS", "502 5.5.1 no", "221 bye"},         // 5xx
      {"220 mx", "250-mx", "250 STARTTLS", "454 4.7.0 not now", "221 bye"},    // 4xx
      {"220 mx", "250-mx", "250 STARTTLS", "220 go", "!tls"},                  // an alert
      {"220 mx", "250-mx", "250 STARTTLS", "220 go", "TLS", "554 no", "221"},  // under TLS
      {"220 mx", "502 what?", "221 bye"},                                      // no ESMTP
  };
  for (const auto& script : scripts) {
    ScriptedChannel channel{script};
    const SessionResult result = hold(channel, delivery_request(TlsDemand::encrypted));
    REQUIRE(result.recipients.size() == 1);
    CHECK(result.recipients[0].fate == Fate::deferred);
    CHECK_FALSE(result.retry_in_clear);
    for (const std::string& said : channel.said)
      CHECK_FALSE(said.starts_with("MAIL"));
  }
}

TEST_CASE("caps_from_plaintext_ehlo_discarded (RFC 3207 section 4.2)") {
  ScriptedChannel channel{{"220 mx", "250-mx", "250-STARTTLS", "250-SMTPUTF8", "250-REQUIRETLS",
                           "250 CHUNKING", "220 go", "TLS", "250 mx", "221 bye"}};
  SessionRequest request = delivery_request();
  request.message.utf8_header = true;
  const SessionResult result = hold(channel, request);
  CHECK(result.lack == Lack::smtputf8);
  CHECK(result.offered_in_clear.smtputf8);
  CHECK_FALSE(result.offered_under_tls.smtputf8);
  CHECK_FALSE(result.offered_under_tls.chunking);
}

TEST_CASE("opportunistic: clear text only where nothing says that the host does TLS") {
  const std::vector<std::string> never_offered{"220 mx", "250 mx",    "250 ok", "250 ok",
                                               "354 go", "250 taken", "221 bye"};
  SECTION("it never offered TLS: delivered in clear, and the result says so") {
    ScriptedChannel channel{never_offered};
    const SessionResult result = hold(channel, delivery_request());
    CHECK(result.recipients.at(0).fate == Fate::delivered);
    CHECK_FALSE(result.tls);
    CHECK(result.outcome.detail == "delivered in clear");
    CHECK(result.outcome.evidence == EvidenceKind::negative);
  }
  SECTION("it did TLS before: deferred, and an alarm") {
    ScriptedChannel channel{never_offered};
    SessionRequest request = delivery_request();
    request.clear_allowed = false;
    const SessionResult result = hold(channel, request);
    CHECK(result.recipients.at(0).fate == Fate::deferred);
    CHECK(result.downgrade);
    CHECK_FALSE(result.retry_in_clear);
    for (const std::string& said : channel.said)
      CHECK_FALSE(said.starts_with("MAIL"));
  }
  SECTION("it did TLS before, and now refuses EHLO: no HELO") {
    ScriptedChannel channel{{"220 mx", "502 what?", "250 mx"}};
    SessionRequest request = delivery_request();
    request.clear_allowed = false;
    const SessionResult result = hold(channel, request);
    CHECK(result.downgrade);
    CHECK(channel.said.back() == "QUIT\r\n");
  }
  SECTION("a failed handshake asks for a new connection, never for this one") {
    ScriptedChannel channel{{"220 mx", "250-mx", "250 STARTTLS", "220 go", "!tls"}};
    const SessionResult result = hold(channel, delivery_request());
    CHECK(result.retry_in_clear);
    CHECK(channel.said.back() == "STARTTLS\r\n");
  }
  SECTION("an injection is no reason to go on in clear") {
    ScriptedChannel channel{{"220 mx", "250-mx", "250 STARTTLS", "+220 go"}};
    CHECK_FALSE(hold(channel, delivery_request()).retry_in_clear);
  }
  SECTION("a server without ESMTP is spoken to with HELO") {
    ScriptedChannel channel{
        {"220 mx", "502 what?", "250 mx", "250 ok", "250 ok", "354 go", "250 taken", "221 bye"}};
    const SessionResult result = hold(channel, delivery_request());
    CHECK(result.recipients.at(0).fate == Fate::delivered);
    CHECK(channel.said.at(1) == "HELO me.example\r\n");
    CHECK(result.outcome.evidence == EvidenceKind::inconclusive);
  }
}

TEST_CASE("a client certificate that is turned down is told apart, wherever it is") {
  TlsFacts shown;
  shown.client_certificate = true;
  SessionRequest request = delivery_request(TlsDemand::encrypted);
  request.policy.client_certificate = "/etc/ssl/mine.pem";
  const std::vector<std::string> hello{"220 mx", "250-mx", "250 STARTTLS", "220 go"};
  const std::vector<std::vector<std::string>> rejections{
      {"!tls"},                             // in the handshake, TLS 1.2
      {"TLS", "!tls"},                      // behind it, TLS 1.3
      {"TLS", "!closed"},                   // without a word
      {"TLS", "403 4.7.0 not you", "221"},  // in words
  };
  for (const auto& rejection : rejections) {
    std::vector<std::string> script = hello;
    script.insert(script.end(), rejection.begin(), rejection.end());
    ScriptedChannel channel{script, shown};
    CHECK(hold(channel, request).client_certificate_rejected);
  }
  std::vector<std::string> script = hello;
  script.insert(script.end(), {"TLS", "!tls"});
  ScriptedChannel never_asked{script};
  CHECK_FALSE(hold(never_asked, request).client_certificate_rejected);
}

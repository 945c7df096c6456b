// SPDX-License-Identifier: MIT
/// The engine and receivers that misbehave under real TLS: stage, class and evidence of each, and
/// that the transcript gives the same verdict again.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>

#include "smtp/session/session.h"
#include "smtp/transcript/transcript_json.h"
#include "tests/support/catch.h"
#include "tests/support/smtp_lab.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

struct Part {
  ReceiverScript script;
  SessionRequest request;
};

struct Row {
  std::string why;
  std::function<void(Part&)> arrange;
  Stage stage;
  OutcomeClass outcome;
  EvidenceKind evidence;
};

using S = Stage;
using C = OutcomeClass;
constexpr auto kPositive = EvidenceKind::positive;
constexpr auto kNegative = EvidenceKind::negative;
constexpr auto kNothing = EvidenceKind::inconclusive;
constexpr std::chrono::milliseconds kSoon{300};

const Certificates& all() {
  return Certificates::get();
}

Credential from_root(const CertificateOrder& order) {
  return issued_by(all().root, order);
}

void demand(Part& part, TlsDemand demand) {
  part.request.policy.demand = demand;
  if (demand == TlsDemand::pkix)
    part.request.policy.names = {MxPattern::parse("mx.example").value()};
}

/// A server with `credential`, and TLSA records that the policy goes by.
void dane(Part& part, const Credential& credential, std::vector<TlsaRecord> records) {
  demand(part, TlsDemand::dane);
  part.script.credential = credential;
  part.request.policy.tlsa = std::move(records);
  part.request.policy.names = {MxPattern::parse("mx.example").value()};
}

TlsaRecord spoilt(TlsaRecord record) {
  record.data.back() = static_cast<char>(record.data.back() ^ 1);
  return record;
}

CertificateOrder past(CertificateOrder order) {
  order.begin = now() - std::chrono::days{20};
  order.end = now() - std::chrono::days{10};
  return order;
}

void judge(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Part part{.script = {}, .request = probe_of()};
    part.script.credential = all().good;
    row.arrange(part);
    const Held held = hold(part.script, part.request);
    CAPTURE(row.why, held.result().outcome.detail);
    CHECK(stage_name(held.result().outcome.stage) == stage_name(row.stage));
    CHECK(outcome_class_name(held.result().outcome.outcome) == outcome_class_name(row.outcome));
    CHECK(evidence_kind_name(held.result().outcome.evidence) == evidence_kind_name(row.evidence));
    CHECK(replay(held.transcript) == held.result());
    CHECK(held.conversations.at(0).messages.empty());
  }
}

}  // namespace

TEST_CASE("certificates and PKIX") {
  judge({
      {"a trusted certificate for the host", [](Part& p) { demand(p, TlsDemand::pkix); }, S::quit,
       C::ok, kPositive},
      {"expired",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = from_root(past(Certificates::order({"mx.example"})));
       },
       S::verify, C::mismatch, kNegative},
      {"not yet valid",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         CertificateOrder order = Certificates::order({"mx.example"});
         order.begin = now() + std::chrono::days{5};
         p.script.credential = from_root(order);
       },
       S::verify, C::mismatch, kNegative},
      {"for another name",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = from_root(Certificates::order({"other.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"of an authority that nobody trusts",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = issued_by(all().stranger, Certificates::order({"mx.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"of an authority that nobody trusts, its root sent along",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = issued_by(all().stranger, Certificates::order({"mx.example"}), true);
       },
       S::verify, C::mismatch, kNegative},
      {"signed by itself",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = self_signed(Certificates::order({"mx.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"the name in the common name alone (RFC 8461 section 4.2)",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         CertificateOrder order = Certificates::order({});
         order.common_name = "mx.example";
         p.script.credential = from_root(order);
       },
       S::verify, C::mismatch, kNegative},
      {"a wildcard over the left-most label",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.request.policy.names = {MxPattern::parse("mx1.acme.example").value()};
         p.script.credential = from_root(Certificates::order({"*.acme.example"}));
       },
       S::quit, C::ok, kPositive},
      {"a wildcard over a part of a label (RFC 6125 section 6.4.3)",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.request.policy.names = {MxPattern::parse("mx1.acme.example").value()};
         p.script.credential = from_root(Certificates::order({"mx*.acme.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"a wildcard over two labels",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.request.policy.names = {MxPattern::parse("a.mx1.acme.example").value()};
         p.script.credential = from_root(Certificates::order({"*.acme.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"a pattern that the certificate's wildcard meets",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.request.policy.names = {MxPattern::parse("*.acme.example").value()};
         p.script.credential = from_root(Certificates::order({"*.acme.example"}));
       },
       S::quit, C::ok, kPositive},
      {"a pattern does not reach two labels deep",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.request.policy.names = {MxPattern::parse("*.acme.example").value()};
         p.script.credential = from_root(Certificates::order({"a.b.acme.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"a certificate for clients",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         CertificateOrder order = Certificates::order({"mx.example"});
         order.for_clients = true;
         p.script.credential = from_root(order);
       },
       S::verify, C::mismatch, kNegative},
      {"an intermediate that is sent",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = issued_by(all().middle, Certificates::order({"mx.example"}));
       },
       S::quit, C::ok, kPositive},
      {"an intermediate that is not sent",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = issued_by(all().middle, Certificates::order({"mx.example"}));
         p.script.credential->chain.resize(1);
       },
       S::verify, C::mismatch, kNegative},
      {"an issuer that is no authority",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.credential = issued_by(all().good, Certificates::order({"mx.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"a path longer than its authority allows",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         CertificateOrder order = Certificates::authority("short");
         order.path_length = 0;
         const Credential short_path = issued_by(all().root, order);
         const Credential below = issued_by(short_path, Certificates::authority("below"));
         p.script.credential = issued_by(below, Certificates::order({"mx.example"}));
       },
       S::verify, C::mismatch, kNegative},
      {"whatever is wrong with it, where none is asked for",
       [](Part& p) {
         demand(p, TlsDemand::encrypted);
         p.script.credential = self_signed(past(Certificates::order({"other.example"})));
       },
       S::quit, C::ok, kPositive},
  });
}

TEST_CASE("every reason is told, not the first alone") {
  Part part{.script = {}, .request = probe_of()};
  demand(part, TlsDemand::pkix);
  part.script.credential = issued_by(all().stranger, past(Certificates::order({"other.example"})));
  const Held held = hold(part.script, part.request);
  const CertificateVerdict& verdict = held.result().certificate.value();
  CHECK_FALSE(verdict.chain_trusted);
  CHECK_FALSE(verdict.name_matches);
  const auto has = [&](ChainFault::Kind kind) {
    return std::ranges::any_of(verdict.chain_faults,
                               [&](const ChainFault& each) { return each.kind == kind; });
  };
  CHECK(has(ChainFault::Kind::expired));
  CHECK(has(ChainFault::Kind::untrusted));
  CHECK(verdict.text.contains("expired"));
  CHECK(verdict.text.contains("the certificate is not for mx.example"));
}

TEST_CASE("DANE-EE (RFC 7672 section 3.1.1)") {
  judge({
      {"3 1 1", [](Part& p) { dane(p, all().good, {all().good.tlsa(3, 1, 1)}); }, S::quit, C::ok,
       kPositive},
      {"3 0 1", [](Part& p) { dane(p, all().good, {all().good.tlsa(3, 0, 1)}); }, S::quit, C::ok,
       kPositive},
      {"3 1 2", [](Part& p) { dane(p, all().good, {all().good.tlsa(3, 1, 2)}); }, S::quit, C::ok,
       kPositive},
      {"3 0 0, a certificate", [](Part& p) { dane(p, all().good, {all().good.tlsa(3, 0, 0)}); },
       S::quit, C::ok, kPositive},
      {"3 1 0, a key", [](Part& p) { dane(p, all().good, {all().good.tlsa(3, 1, 0)}); }, S::quit,
       C::ok, kPositive},
      {"expired, for another name, of nobody: does not count",
       [](Part& p) {
         const Credential odd = self_signed(past(Certificates::order({"other.example"})));
         dane(p, odd, {odd.tlsa(3, 1, 1)});
       },
       S::quit, C::ok, kPositive},
      {"tlsa_mismatch_defers",
       [](Part& p) { dane(p, all().good, {spoilt(all().good.tlsa(3, 1, 1))}); }, S::verify,
       C::mismatch, kNegative},
      {"a roll-over: one of two matches",
       [](Part& p) {
         dane(p, all().good, {spoilt(all().good.tlsa(3, 1, 1)), all().good.tlsa(3, 1, 1)});
       },
       S::quit, C::ok, kPositive},
      {"digest agility: SHA2-512 mismatches, SHA2-256 matches (RFC 7671 section 9)",
       [](Part& p) {
         dane(p, all().good, {spoilt(all().good.tlsa(3, 1, 2)), all().good.tlsa(3, 1, 1)});
       },
       S::verify, C::mismatch, kNegative},
      {"an unusable record beside a matching one",
       [](Part& p) {
         dane(p, all().good, {{0, 0, 1, std::string(32, 'x')}, all().good.tlsa(3, 1, 1)});
       },
       S::quit, C::ok, kPositive},
      {"a trusted chain does not help",
       [](Part& p) {
         const Credential other = from_root(Certificates::order({"mx.example"}));
         dane(p, all().good, {other.tlsa(3, 1, 1)});
       },
       S::verify, C::mismatch, kNegative},
      {"the digest of the issuer is none of DANE-EE",
       [](Part& p) {
         const Credential chained =
             issued_by(all().root, Certificates::order({"mx.example"}), true);
         dane(p, chained, {chained.tlsa(3, 0, 1, 1)});
       },
       S::verify, C::mismatch, kNegative},
  });
}

TEST_CASE("DANE-TA (RFC 7672 section 3.1.2)") {
  static const Credential chained =
      issued_by(all().root, Certificates::order({"mx.example"}), true);
  judge({
      {"2 0 1, the root is sent", [](Part& p) { dane(p, chained, {chained.tlsa(2, 0, 1, 1)}); },
       S::quit, C::ok, kPositive},
      {"2 1 1, the root is sent", [](Part& p) { dane(p, chained, {chained.tlsa(2, 1, 1, 1)}); },
       S::quit, C::ok, kPositive},
      {"the root is not sent (RFC 7671 section 5.2.2)",
       [](Part& p) { dane(p, all().good, {chained.tlsa(2, 0, 1, 1)}); }, S::verify, C::mismatch,
       kNegative},
      {"2 0 0: the record holds the root that is not sent",
       [](Part& p) { dane(p, all().good, {all().root.tlsa(2, 0, 0)}); }, S::quit, C::ok, kPositive},
      {"2 1 0: the record holds the root's key",
       [](Part& p) { dane(p, all().good, {all().root.tlsa(2, 1, 0)}); }, S::quit, C::ok, kPositive},
      {"an intermediate is the anchor",
       [](Part& p) {
         const Credential below = issued_by(all().middle, Certificates::order({"mx.example"}));
         dane(p, below, {below.tlsa(2, 0, 1, 1)});
       },
       S::quit, C::ok, kPositive},
      {"for another name: names count",
       [](Part& p) {
         const Credential other =
             issued_by(all().root, Certificates::order({"other.example"}), true);
         dane(p, other, {other.tlsa(2, 0, 1, 1)});
       },
       S::verify, C::mismatch, kNegative},
      {"for the next-hop's name, which is a reference name, too",
       [](Part& p) {
         const Credential other =
             issued_by(all().root, Certificates::order({"acme.example"}), true);
         dane(p, other, {other.tlsa(2, 0, 1, 1)});
         p.request.policy.names.push_back(MxPattern::parse("acme.example").value());
       },
       S::quit, C::ok, kPositive},
      {"expired: dates count",
       [](Part& p) {
         const Credential old =
             issued_by(all().root, past(Certificates::order({"mx.example"})), true);
         dane(p, old, {old.tlsa(2, 0, 1, 1)});
       },
       S::verify, C::mismatch, kNegative},
      {"a root that issued nothing here, sent along",
       [](Part& p) {
         Credential padded = chained;
         padded.chain.push_back(all().stranger.chain.front());
         dane(p, padded, {all().stranger.tlsa(2, 0, 1)});
       },
       S::verify, C::mismatch, kNegative},
      {"a chain out of order, with a certificate that is not needed",
       [](Part& p) {
         const Credential below = issued_by(all().middle, Certificates::order({"mx.example"}));
         Credential padded = below;
         padded.chain = {below.chain[0], all().stranger.chain[0], all().root.chain[0],
                         below.chain[1]};
         dane(p, padded, {all().root.tlsa(2, 0, 1)});
       },
       S::quit, C::ok, kPositive},
      {"a server's own certificate is no anchor, for OpenSSL and so for Postfix",
       [](Part& p) {
         const Credential own = self_signed(Certificates::order({"mx.example"}));
         dane(p, own, {own.tlsa(2, 0, 1)});
       },
       S::verify, C::mismatch, kNegative},
  });
}

TEST_CASE("pins") {
  const auto pin = [](Fingerprint::Of of, const TlsaRecord& digest) {
    Fingerprint result{.of = of, .sha256 = {}};
    std::ranges::copy(digest.data, result.sha256.begin());
    return result;
  };
  static const Fingerprint key = pin(Fingerprint::Of::public_key, all().good.tlsa(3, 1, 1));
  static const Fingerprint whole = pin(Fingerprint::Of::certificate, all().good.tlsa(3, 0, 1));
  static const Fingerprint other = pin(Fingerprint::Of::certificate, all().stranger.tlsa(3, 0, 1));
  judge({
      {"the key",
       [](Part& p) {
         demand(p, TlsDemand::pinned);
         p.request.policy.pins = {other, key};
       },
       S::quit, C::ok, kPositive},
      {"the certificate",
       [](Part& p) {
         demand(p, TlsDemand::pinned);
         p.request.policy.pins = {whole};
       },
       S::quit, C::ok, kPositive},
      {"none of them",
       [](Part& p) {
         demand(p, TlsDemand::pinned);
         p.request.policy.pins = {other};
       },
       S::verify, C::mismatch, kNegative},
  });
}

TEST_CASE("handshakes that go wrong") {
  using Handshake = ReceiverScript::Handshake;
  judge({
      {"words instead of TLS", [](Part& p) { p.script.handshake = Handshake::plain_text; },
       S::handshake, C::crypto, kNegative},
      {"it hangs up", [](Part& p) { p.script.handshake = Handshake::hang_up; }, S::handshake,
       C::reset, kNothing},
      {"silence",
       [](Part& p) {
         p.script.handshake = Handshake::silence;
         p.request.deadlines.handshake = kSoon;
       },
       S::handshake, C::timeout, kNothing},
      {"it hangs up behind the handshake",
       [](Part& p) { p.script.handshake = Handshake::hang_up_after; }, S::ehlo_tls, C::reset,
       kNothing},
      {"an injection in the same segment",
       [](Part& p) { p.script.starttls = Say{.bytes = "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n"}; },
       S::starttls, C::protocol, kNothing},
      {"a version below the policy's",
       [](Part& p) {
         p.script.newest = TlsVersion::tls1_2;
         p.request.policy.min_tls = TlsVersion::tls1_3;
       },
       S::handshake, C::crypto, kNegative},
      {"TLS 1.1 where the host is to be authenticated",
       [](Part& p) {
         demand(p, TlsDemand::pkix);
         p.script.oldest = TlsVersion::tls1_0;
         p.script.newest = TlsVersion::tls1_1;
       },
       S::handshake, C::crypto, kNegative},
      {"TLS 1.0 is better than nothing (RFC 7435)",
       [](Part& p) {
         p.script.oldest = TlsVersion::tls1_0;
         p.script.newest = TlsVersion::tls1_0;
       },
       S::quit, C::ok, kPositive},
      {"a client certificate is required, TLS 1.3: the alert comes late",
       [](Part& p) { p.script.client_certificate = ReceiverScript::ClientCertificate::required; },
       S::handshake, C::crypto, kNegative},
      {"a client certificate is required, TLS 1.2",
       [](Part& p) {
         p.script.client_certificate = ReceiverScript::ClientCertificate::required;
         p.script.newest = TlsVersion::tls1_2;
       },
       S::handshake, C::crypto, kNegative},
      {"a client certificate is asked for, and none is shown",
       [](Part& p) { p.script.client_certificate = ReceiverScript::ClientCertificate::asked; },
       S::quit, C::ok, kPositive},
      {"421 under TLS",
       [](Part& p) { p.script.ehlo_under_tls = Say{.bytes = "421 4.3.2 busy\r\n"}; }, S::ehlo_tls,
       C::tempfail, kNothing},
      {"silence under TLS",
       [](Part& p) {
         p.script.ehlo_under_tls = Say{.bytes = "", .then = Say::Then::silence};
         p.request.deadlines.command = kSoon;
       },
       S::ehlo_tls, C::timeout, kNothing},
      {"a byte a second (a tarpit) ends by the step's deadline",
       [](Part& p) {
         p.script.banner = Say{.bytes = "220 mx ESMTP\r\n", .drip = true};
         p.request.deadlines.banner = kSoon;
       },
       S::banner, C::timeout, kNothing},
      {"the whole session's deadline ends it, too",
       [](Part& p) {
         p.script.banner = Say{.bytes = "220 mx ESMTP\r\n", .drip = true};
         p.request.deadlines.whole = kSoon;
       },
       S::banner, C::timeout, kNothing},
      {"a banner without end",
       [](Part& p) { p.script.banner = Say{.bytes = "220 " + std::string(9000, 'x')}; }, S::banner,
       C::protocol, kNothing},
      {"513 lines",
       [](Part& p) {
         std::string lines;
         for (int i = 0; i < 513; ++i)
           lines += "250-x\r\n";
         p.script.ehlo = Say{.bytes = lines};
       },
       S::ehlo, C::protocol, kNothing},
      {"LF alone is put up with", [](Part& p) { p.script.banner = Say{.bytes = "220 mx ESMTP\n"}; },
       S::quit, C::ok, kPositive},
      {"bytes that are no text",
       [](Part& p) { p.script.banner = Say{.bytes = "220 mx \x01\xff\x1b[31m\r\n"}; }, S::quit,
       C::ok, kPositive},
      {"RSA and TLS 1.2",
       [](Part& p) {
         CertificateOrder order = Certificates::order({"mx.example"});
         order.key = KeyType::rsa2048;
         demand(p, TlsDemand::pkix);
         p.script.credential = from_root(order);
         p.script.newest = TlsVersion::tls1_2;
       },
       S::quit, C::ok, kPositive},
      {"P-384",
       [](Part& p) {
         CertificateOrder order = Certificates::order({"mx.example"});
         order.key = KeyType::p384;
         demand(p, TlsDemand::pkix);
         p.script.credential = from_root(order);
       },
       S::quit, C::ok, kPositive},
  });
}

TEST_CASE("SNI is sent, and is what the policy says") {
  ReceiverScript script;
  script.credential = self_signed(Certificates::order({"default.example"}));
  script.credential_of.emplace("mx.example", all().good);
  SessionRequest request = probe_of(TlsDemand::pkix);
  const Held held = hold(script, request);
  CHECK(held.result().outcome.outcome == OutcomeClass::ok);
  CHECK(held.conversations.at(0).sni == "mx.example");
  request.policy.sni.clear();
  const Held without = hold(script, request);
  CHECK(without.result().outcome.stage == Stage::verify);
}

TEST_CASE("nothing is said in clear once TLS has failed, and QUIT is under TLS") {
  ReceiverScript script;
  script.credential = self_signed(Certificates::order({"mx.example"}));
  const Held held = hold(script, delivery_of(TlsDemand::pkix));
  CHECK(held.conversations.at(0).in_clear ==
        std::vector<std::string>{"EHLO me.example", "STARTTLS"});
  CHECK(held.conversations.at(0).under_tls == std::vector<std::string>{"QUIT"});
}

TEST_CASE("a message arrives as it was, by DATA and by BDAT, in clear and under TLS") {
  std::string bytes = "Subject: =?utf-8?q?x?=\n\n.dot\n..\n\xc3\xbc\xff\x80\n";
  bytes += std::string(5000, 'l') + "\n";
  for (int i = 0; i < 20'000; ++i)
    bytes += "line " + std::to_string(i) + "\n";
  bytes += "last";
  const Message message = Message::parse(bytes).value();
  for (const bool chunking : {false, true}) {
    for (const bool tls : {false, true}) {
      CAPTURE(chunking, tls);
      ReceiverScript script;
      if (tls) script.credential = all().good;
      SessionRequest request = delivery_of();
      request.envelope->chunking = chunking;
      const Held held = hold(script, request, &message);
      REQUIRE(held.result().recipients.at(0).fate == Fate::delivered);
      CHECK(held.result().tls == tls);
      CHECK(held.conversations.at(0).messages == std::vector<std::string>{message.text()});
      CHECK(held.conversations.at(0).message_in_clear == !tls);
      CHECK(replay(held.transcript) == held.result());
    }
  }
}

TEST_CASE("transcript_replay_bit_identical, through JSON, and it holds no word of the message") {
  const Message message = Message::parse("Subject: x\n\nsecret words\n").value();
  ReceiverScript script;
  script.credential = issued_by(all().middle, Certificates::order({"mx.example"}));
  script.banner = Say{.bytes = "220 mx \xff\x01 \"quoted\" \\ \r\n"};
  SessionRequest request = delivery_of(TlsDemand::pkix);
  request.policy.tlsa = {script.credential->tlsa(3, 1, 1)};
  request.policy.min_tls = TlsVersion::tls1_2;
  request.policy.ciphers = CipherGrade::high;
  const Held held = hold(script, request, &message);
  const std::string text = boost::json::serialize(transcript_to_json(held.transcript));
  CHECK_FALSE(text.contains("secret words"));
  const auto stored = parse_transcript(boost::json::parse(text));
  REQUIRE(stored);
  CHECK(stored->transcript.events == held.transcript.events);
  CHECK(stored->transcript.anchors == held.transcript.anchors);
  CHECK(boost::json::serialize(session_result_to_json(replay(stored->transcript))) ==
        stored->result);
  SECTION("what somebody changed gives another verdict") {
    StoredTranscript changed = *stored;
    for (TranscriptEvent& event : changed.transcript.events) {
      if (event.facts) event.facts->chain = {SentCertificate{all().stranger.chain.front()}};
    }
    CHECK(boost::json::serialize(session_result_to_json(replay(changed.transcript))) !=
          stored->result);
  }
}

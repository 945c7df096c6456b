// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_verdict.h"

#include <vector>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

using enum DrillVerdict::Happened;
using Fate = MtaWord::Fate;

/// What a receiver can have seen.
const std::vector<Conversation> kNobody;
std::vector<Conversation> went_away() {
  return {{.in_clear = {"EHLO a", "QUIT"}, .ended = true}};
}
std::vector<Conversation> told_in_clear() {
  return {{.in_clear = {"EHLO a", "mail FROM:<a@b.test>"}, .ended = true}};
}
std::vector<Conversation> under_tls() {
  return {{.in_clear = {"EHLO a", "STARTTLS"},
           .under_tls = {"EHLO a", "MAIL FROM:<a@b.test>"},
           .tls = true,
           .messages = {"x"}}};
}
std::vector<Conversation> in_clear() {
  return {{.in_clear = {"EHLO a", "MAIL FROM:<a@b.test>"},
           .messages = {"x"},
           .message_in_clear = true}};
}
std::vector<Conversation> gave_up_then_clear() {
  auto out = went_away();
  out.push_back(in_clear().front());
  return out;
}

TEST_CASE("a verdict needs the receiver's record and the server's word") {
  const DrillCase bad{"bad", "", Level::encrypt, DrillFault::no_starttls};
  const DrillCase wrong_mx{"mx", "", Level::secure, DrillFault::wrong_mx};
  const DrillCase good{"good", "", Level::encrypt, DrillFault::none, DrillExpectation::delivered};
  const DrillCase injected{"injected", "", Level::secure, DrillFault::injection,
                           DrillExpectation::unharmed};
  struct Row {
    const DrillCase& drilled;
    std::vector<Conversation> seen;
    Fate fate;
    DrillVerdict::Happened happened;
    bool right;
    const char* why;
  };
  const std::vector<Row> rows{
      {bad, went_away(), Fate::deferred, refused, true, "it looked, and went"},
      {bad, went_away(), Fate::bounced, returned, true, "nothing was handed over"},
      {bad, went_away(), Fate::silent, unknown, false, "the server said nothing"},
      {bad, went_away(), Fate::sent, refused, false, "it went somewhere else"},
      {bad, kNobody, Fate::deferred, not_tried, false, "another reason is no refusal"},
      {bad, told_in_clear(), Fate::deferred, revealed, false, "who writes to whom"},
      {bad, in_clear(), Fate::sent, delivered_clear, false, "what must not be"},
      {bad, in_clear(), Fate::deferred, delivered_clear, false, "whatever the server says"},
      {bad, gave_up_then_clear(), Fate::sent, delivered_clear, false, "at the second attempt"},
      {bad, under_tls(), Fate::sent, delivered, false, "a certificate that was not refused"},
      {wrong_mx, kNobody, Fate::deferred, refused, true, "not to connect is the best"},
      {wrong_mx, went_away(), Fate::deferred, refused, true, "refused by its certificate"},
      {wrong_mx, kNobody, Fate::silent, unknown, false, "no word"},
      {good, under_tls(), Fate::sent, delivered, true, "as it should be"},
      {good, in_clear(), Fate::sent, delivered_clear, false, "not without TLS"},
      {good, under_tls(), Fate::deferred, delivered, false, "it will come twice"},
      {good, went_away(), Fate::deferred, refused, false, "too strict"},
      {good, kNobody, Fate::deferred, not_tried, false, "not even tried"},
      {injected, went_away(), Fate::deferred, refused, true, "an attack was seen"},
      {injected, under_tls(), Fate::sent, delivered, true, "it was passed over"},
      {injected, under_tls(), Fate::bounced, delivered, false, "not what the server says"},
      {injected, went_away(), Fate::bounced, obeyed_injection, false, "SIZE 1 was believed"},
  };
  for (const Row& row : rows) {
    INFO(row.drilled.name << ": " << row.why);
    const DrillVerdict verdict = judge_drill(row.drilled, {row.seen, true}, {row.fate, ""});
    CHECK(happened_text(verdict.happened) == happened_text(row.happened));
    CHECK(verdict.as_expected == row.right);
  }
}

TEST_CASE("that nobody came to a wrong MX host proves nothing where nobody came to any") {
  const DrillCase wrong_mx{"mx", "", Level::secure, DrillFault::wrong_mx};
  const MtaWord deferred{Fate::deferred, "no route"};
  CHECK(judge_drill(wrong_mx, {kNobody, false}, deferred).happened == not_tried);
  CHECK_FALSE(judge_drill(wrong_mx, {kNobody, false}, deferred).as_expected);
}

TEST_CASE("what Postfix's log says") {
  const MtaWords words = postfix_words(
      "Nov 28 01:00:00 mta postfix/qmgr[9]: 4A: from=<drill@d.test>, size=300, nrcpt=1\n"
      "Nov 28 01:00:00 mta postfix/smtp[9]: 4A: to=<drill@A.test>, relay=none, delay=1, "
      "delays=0/0/0/0, dsn=4.7.4, status=deferred (TLS is required, but was not offered by host "
      "mx[192.0.2.1] (x))\n"
      "Nov 28 01:00:00 mta postfix/smtp[9]: 4B: to=<b@b.test>, orig_to=<c@c.test>, "
      "relay=mx[192.0.2.1]:25, dsn=2.0.0, status=sent (250 ok)\n"
      "Nov 28 01:00:00 mta postfix/smtp[9]: 4C: to=<e@e.test>, relay=mx, status=bounced (no)\n"
      "Nov 28 01:00:00 mta postfix/smtp[9]: 4D: to=<f@f.test>, relay=mx, status=deferred (1)\n"
      "Nov 28 01:00:00 mta postfix/smtp[9]: 4D: to=<f@f.test>, relay=mx, status=sent (2)");
  CHECK(words.size() == 4);
  CHECK(words.at("drill@a.test").fate == Fate::deferred);
  CHECK(words.at("drill@a.test").reason ==
        "TLS is required, but was not offered by host mx[192.0.2.1] (x)");
  CHECK(words.at("b@b.test").fate == Fate::sent);
  CHECK(words.at("e@e.test").fate == Fate::bounced);
  CHECK(words.at("f@f.test").reason == "2");
}

TEST_CASE("what Exim's log says") {
  const MtaWords words = exim_words(
      "2026-11-28 01:00:00 1aB-00-2C <= drill@d.test U=root P=local S=300\n"
      "2026-11-28 01:00:00 1aB-00-2C H=mx [192.0.2.1] X == y@y.test in what it said\n"
      "2026-11-28 01:00:00 1aB-00-2C == drill@A.test R=tlspact_mx T=tlspact_smtp defer (-38) "
      "H=mx.a.test [192.0.2.1]: a TLS session is required => no\n"
      "2026-11-28 01:00:00 +0100 [77] 1aB-00-2D => b@b.test R=r T=t H=mx C=\"250 ok\"\n"
      "2026-11-28 01:00:00 1aB-00-2E ** c@c.test: all relevant MX records point to nobody\n"
      "2026-11-28 01:00:00 1aB-00-2E Completed\n");
  CHECK(words.at("drill@a.test").fate == Fate::deferred);
  CHECK(words.at("drill@a.test").reason.starts_with("R=tlspact_mx"));
  CHECK(words.at("b@b.test").fate == Fate::sent);
  CHECK(words.at("c@c.test").fate == Fate::bounced);
  CHECK(words.at("c@c.test").reason == "all relevant MX records point to nobody");
  CHECK(!words.contains("y@y.test"));
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// MAIL, RCPT, DATA and BDAT: what becomes of each recipient.
#include "smtp/session/mail_transaction.h"

#include "tests/support/catch.h"
#include "tests/support/coroutines.h"
#include "tests/support/scripted_channel.h"

using namespace tlspact;
using test::ScriptedChannel;

namespace {

struct Held {
  std::vector<RecipientResult> recipients;
  std::vector<std::string> said;
  bool usable = false;
};

Held transact(std::vector<std::string> script, const Extensions& offered,
              std::vector<std::string> recipients, MessageFacts message = {},
              bool requiretls = false) {
  SessionRequest request;
  request.envelope = Envelope{};
  request.envelope->sender = "a@me.example";
  request.envelope->recipients = std::move(recipients);
  request.envelope->requiretls = requiretls;
  request.message = message;
  ScriptedChannel channel{std::move(script)};
  MailTransaction transaction{channel, request, offered};
  boost::asio::io_context io;
  Held held;
  held.recipients = test::run(io, transaction.run());
  held.said = channel.said;
  held.usable = transaction.usable();
  return held;
}

std::string fates(const Held& held) {
  std::string text;
  for (const RecipientResult& each : held.recipients)
    text += (text.empty() ? "" : " ") + std::string{fate_name(each.fate)} + "@" +
            std::string{stage_name(each.stage)};
  return text;
}

struct Row {
  std::string why;
  bool pipelining;
  std::vector<std::string> script;
  std::string fates;
};

}  // namespace

TEST_CASE("each recipient has a fate of its own") {
  const std::vector<Row> rows{
      {"all is well",
       false,
       {"250", "250", "250", "354", "250"},
       "delivered@end-of-data delivered@end-of-data"},
      {"all is well, pipelined",
       true,
       {"250", "250", "250", "354", "250"},
       "delivered@end-of-data delivered@end-of-data"},
      {"MAIL 550", false, {"550 no"}, "refused@mail refused@mail"},
      {"MAIL 550, and the answers to the pipelined RCPT are read",
       true,
       {"550 no", "503", "503"},
       "refused@mail refused@mail"},
      {"MAIL 550, and it hangs up on the rest",
       true,
       {"550 no", "!closed"},
       "refused@mail refused@mail"},
      {"MAIL 451", true, {"451 later", "503", "503"}, "deferred@mail deferred@mail"},
      {"MAIL is not answered", false, {"!timeout"}, "deferred@mail deferred@mail"},
      {"one recipient is unknown",
       true,
       {"250", "550 unknown", "250", "354", "250"},
       "refused@rcpt delivered@end-of-data"},
      {"one recipient is greylisted",
       true,
       {"250", "451 4.7.1 greylisted", "250", "354", "250"},
       "deferred@rcpt delivered@end-of-data"},
      {"452 is too many recipients (RFC 5321 section 4.5.3.1.10)",
       true,
       {"250", "250", "452 too many", "354", "250"},
       "delivered@end-of-data deferred@rcpt"},
      {"552 to RCPT is the same, of old",
       true,
       {"250", "250", "552 too many", "354", "250"},
       "delivered@end-of-data deferred@rcpt"},
      {"no recipient is taken: no DATA",
       true,
       {"250", "550 no", "550 no"},
       "refused@rcpt refused@rcpt"},
      {"it hangs up at the second RCPT",
       true,
       {"250", "250", "!closed"},
       "deferred@rcpt deferred@rcpt"},
      {"DATA 554", true, {"250", "250", "250", "554 no"}, "refused@data refused@data"},
      {"DATA 451", true, {"250", "250", "250", "451 no"}, "deferred@data deferred@data"},
      {"DATA gets 250 in place of 354",
       true,
       {"250", "250", "250", "250 what?"},
       "deferred@data deferred@data"},
      {"the message is refused",
       true,
       {"250", "250", "250", "354", "554 spam"},
       "refused@end-of-data refused@end-of-data"},
      {"the message is put off",
       true,
       {"250", "250", "250", "354", "451 later"},
       "deferred@end-of-data deferred@end-of-data"},
      {"the message is too big after all",
       true,
       {"250", "250", "250", "354", "552 too big"},
       "refused@end-of-data refused@end-of-data"},
      {"the last answer never comes: nobody knows",
       true,
       {"250", "250", "250", "354", "!timeout"},
       "deferred@end-of-data deferred@end-of-data"},
      {"RCPT gets garbage", true, {"250", "hello"}, "deferred@rcpt deferred@rcpt"},
      {"251 is taken, too",
       true,
       {"250", "251 forwarded", "252 perhaps", "354", "250"},
       "delivered@end-of-data delivered@end-of-data"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    Extensions offered;
    offered.pipelining = row.pipelining;
    const Held held = transact(row.script, offered, {"b@x.example", "c@x.example"});
    CHECK(fates(held) == row.fates);
  }
}

TEST_CASE("with PIPELINING, MAIL and all RCPT are one write, and DATA waits for their answers") {
  Extensions offered;
  offered.pipelining = true;
  const Held held =
      transact({"250", "250", "250", "354", "250"}, offered, {"b@x.example", "c@x.example"});
  CHECK(held.said ==
        std::vector<std::string>{"MAIL FROM:<a@me.example>\r\nRCPT TO:<b@x.example>\r\n"
                                 "RCPT TO:<c@x.example>\r\n",
                                 "DATA\r\n", "(message)"});
}

TEST_CASE("with CHUNKING, the message is one chunk, without DATA (RFC 3030)") {
  Extensions offered;
  offered.chunking = true;
  const Held held = transact({"250", "250", "250 taken"}, offered, {"b@x.example"});
  CHECK(held.said.back() == "(BDAT message)");
  CHECK(fates(held) == "delivered@end-of-data");
}

TEST_CASE("parameters are sent only where they are offered") {
  MessageFacts message;
  message.size = 321;
  message.eight_bit = true;
  message.utf8_header = true;
  Extensions offered;
  offered.size = true;
  offered.eight_bit_mime = true;
  offered.smtputf8 = true;
  offered.requiretls = true;
  const Held held = transact({"250", "250", "354", "250"}, offered, {"b@x.example"}, message, true);
  CHECK(held.said.front() ==
        "MAIL FROM:<a@me.example> SIZE=321 BODY=8BITMIME SMTPUTF8 REQUIRETLS\r\n");
  const Held bare = transact({"250", "250", "354", "250"}, {}, {"b@x.example"});
  CHECK(bare.said.front() == "MAIL FROM:<a@me.example>\r\n");
}

TEST_CASE("what the message needs and the server lacks is found before MAIL") {
  const auto lack = [](const MessageFacts& message, const Extensions& offered, bool requiretls,
                       const std::string& recipient = "b@x.example") {
    SessionRequest request;
    request.envelope = Envelope{};
    request.envelope->recipients = {recipient};
    request.envelope->requiretls = requiretls;
    request.message = message;
    ScriptedChannel channel{{}};
    return MailTransaction{channel, request, offered}.lack();
  };
  Extensions all;
  all.smtputf8 = all.eight_bit_mime = all.requiretls = all.size = true;
  all.size_limit = 100;
  MessageFacts eight_bit;
  eight_bit.eight_bit = true;
  MessageFacts utf8 = eight_bit;
  utf8.utf8_header = true;
  MessageFacts big;
  big.size = 101;
  MessageFacts fits;
  fits.size = 100;
  CHECK(lack(eight_bit, {}, false) == Lack::eight_bit_mime);
  CHECK(lack(utf8, {}, false) == Lack::smtputf8);
  CHECK(lack({}, {}, false, "\xc3\xbc@x.example") == Lack::smtputf8);
  CHECK(lack(big, all, false) == Lack::size);
  CHECK(lack(fits, all, false) == Lack::none);
  CHECK(lack(big, {}, false) == Lack::none);  // no limit is known
  CHECK(lack({}, {}, true) == Lack::requiretls);
  CHECK(lack(utf8, all, true) == Lack::none);
}

// SPDX-License-Identifier: MIT
#include "smtp/session/message.h"

#include "smtp/session/mail_address.h"
#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("a message goes over as it is, with CRLF and dots") {
  struct Row {
    std::string why;
    std::string bytes;
    std::string stuffed;
  };
  const std::vector<Row> rows{
      {"LF", "A: b\n\nc\n", "A: b\r\n\r\nc\r\n.\r\n"},
      {"CRLF", "A: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n.\r\n"},
      {"no end at the last line", "A: b\n\nc", "A: b\r\n\r\nc\r\n.\r\n"},
      {"a dot at the beginning (RFC 5321 section 4.5.2)", "A: b\n\n.c\n..\n.\n",
       "A: b\r\n\r\n..c\r\n...\r\n..\r\n.\r\n"},
      {"a dot within", "A: b\n\nc.d\n", "A: b\r\n\r\nc.d\r\n.\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto message = Message::parse(row.bytes);
    REQUIRE(message);
    CHECK(message->stuffed() == row.stuffed);
  }
}

TEST_CASE("what SMTP cannot carry is refused with its line") {
  CHECK(Message::parse("").error().text == "the message is empty");
  CHECK(Message::parse("A: b\n\nx\ry\n").error().text.starts_with("line 3 of the message: a CR"));
  CHECK(Message::parse(std::string{"A: b\n\nx\0y\n", 10}).error().text.contains("a NUL"));
  CHECK(Message::parse("A: \xff\n\nx\n").error().text.starts_with("line 1"));
  CHECK(Message::parse("A: b\n\n\xff\n").has_value());  // in the body any bytes
  CHECK(Message::parse("A: b\r").error().text.contains("CR"));
}

TEST_CASE("what a server must be able to take") {
  const auto facts = [](std::string_view bytes) { return Message::parse(bytes).value().facts(); };
  CHECK_FALSE(facts("A: b\n\nc\n").eight_bit);
  CHECK(facts("A: b\n\n\xc3\xbc\n").eight_bit);
  CHECK_FALSE(facts("A: b\n\n\xc3\xbc\n").utf8_header);
  CHECK(facts("A: \xc3\xbc\n\nc\n").utf8_header);
  CHECK(facts("A: b\n\nc\n").size == 11);
  CHECK(facts("A: b\n\n" + std::string(1200, 'x') + "\n").longest_line == 1200);
}

TEST_CASE("TLS-Required: No counts once, alone, and in the header (RFC 8689 section 5)") {
  const auto no = [](std::string_view bytes) {
    return Message::parse(bytes).value().facts().tls_required_no;
  };
  CHECK(no("TLS-Required: No\n\nx\n"));
  CHECK(no("tls-required:no\n\nx\n"));
  CHECK_FALSE(no("TLS-Required: Yes\n\nx\n"));
  CHECK_FALSE(no("TLS-Required: No\nTLS-Required: No\n\nx\n"));
  CHECK_FALSE(no("A: b\n\nTLS-Required: No\n"));
  CHECK_FALSE(no("X-TLS-Required: No\n\nx\n"));
}

TEST_CASE("mail addresses") {
  for (const char* const good :
       {"a@b.example", "a.b+c@b.example", "\"a b\"@b.example", "\"a\\\"b\"@b.example",
        "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "\xc3\xbc@b.example", "a@\xc3\xbc.example"}) {
    CAPTURE(good);
    CHECK(MailAddress::parse(good));
  }
  struct Row {
    std::string why;
    std::string text;
  };
  const std::vector<Row> refused{
      {"no @", "a"},
      {"no local part", "@b.example"},
      {"no domain", "a@"},
      {"a second command", "a@b.example>\r\nRCPT TO:<c@d.example"},
      {"a line end in a quoted string", "\"a\r\nb\"@b.example"},
      {"a parameter", "a@b.example> SIZE=1"},
      {"a space", "a b@b.example"},
      {"an angle bracket", "a>@b.example"},
      {"a dot at the end", "a.@b.example"},
      {"two dots", "a..b@b.example"},
      {"an open quote", "\"a@b.example"},
      {"not UTF-8", "\xff@b.example"},
      {"a route", "@x.example:a@b.example"},
      {"a long local part", std::string(65, 'a') + "@b.example"},
      {"too long", "a@" + std::string(260, 'b')},
  };
  for (const Row& row : refused) {
    CAPTURE(row.why);
    CHECK_FALSE(MailAddress::parse(row.text));
  }
  CHECK(MailAddress::parse("a@[IPv6:2001:db8::1]")->literal_address() == "2001:db8::1");
}

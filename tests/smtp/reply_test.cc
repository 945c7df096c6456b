// SPDX-License-Identifier: MIT
#include "smtp/session/reply.h"

#include "smtp/session/extensions.h"
#include "tests/support/catch.h"

using namespace tlspact;

namespace {

Result<std::optional<Reply>> read(const std::vector<std::string>& lines) {
  ReplyReader reader;
  Result<std::optional<Reply>> last = std::optional<Reply>{};
  for (const std::string& line : lines) {
    last = reader.take(line);
    if (!last) return last;
  }
  return last;
}

}  // namespace

TEST_CASE("replies as servers give them") {
  struct Row {
    std::string why;
    std::vector<std::string> lines;
    int code;
    std::string enhanced;
  };
  const std::vector<Row> rows{
      {"one line", {"250 2.0.0 ok"}, 250, "2.0.0"},
      {"a code alone", {"354"}, 354, ""},
      {"a code and a space", {"221 "}, 221, ""},
      {"several lines", {"250-mx", "250-SIZE", "250 HELP"}, 250, ""},
      {"an empty line within", {"250-mx", "250-", "250 HELP"}, 250, ""},
      {"an enhanced code of another class is none", {"550 4.1.1 no"}, 550, ""},
      {"one without detail is none", {"550 5.1 no"}, 550, ""},
      {"one that goes on is none", {"550 5.1.1x no"}, 550, ""},
      {"one alone", {"550 5.7.230"}, 550, "5.7.230"},
      {"bytes above 127 are words", {"550 \xff no"}, 550, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto reply = read(row.lines);
    REQUIRE(reply);
    REQUIRE(*reply);
    CHECK((*reply)->code == row.code);
    CHECK((*reply)->enhanced() == row.enhanced);
  }
}

TEST_CASE("what is no reply") {
  struct Row {
    std::string why;
    std::vector<std::string> lines;
  };
  const std::vector<Row> rows{
      {"nothing", {""}},
      {"two digits", {"25 ok"}},
      {"four digits", {"2500 ok"}},
      {"below 200", {"150 ok"}},
      {"above 599", {"600 ok"}},
      {"letters", {"ok"}},
      {"another character behind the code", {"250_ok"}},
      {"another code within", {"250-mx", "251 ok"}},
      {"a NUL", {std::string{"250 o\0k", 7}}},
      {"513 lines", std::vector<std::string>(513, "250-x")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(read(row.lines));
  }
}

TEST_CASE("remote words become printable ASCII of a limited length") {
  CHECK(printable("a\r\nb\x1b[0m") == "a\\x0d\\x0ab\\x1b[0m");
  CHECK(printable("\xc3\xbc") == "\\xc3\\xbc");
  CHECK(printable(std::string(400, 'a')).size() == 300);
  CHECK(printable(std::string(400, 'a')).ends_with("..."));
}

TEST_CASE("words that name a block, a greylist or a rate tell nothing of the host's TLS") {
  const auto blocked = [](const std::string& words) {
    return sounds_like_policy_block(Reply{.code = 450, .lines = {words}});
  };
  CHECK(blocked("4.7.1 Greylisting in action"));
  CHECK(blocked("Your address is listed at zen.spamhaus.example"));
  CHECK(blocked("Too Many concurrent connections"));
  CHECK_FALSE(blocked("mailbox unavailable"));
  CHECK_FALSE(blocked("TLS not available due to temporary reason"));
}

TEST_CASE("extensions of an EHLO answer") {
  const auto parse = [](std::vector<std::string> lines) {
    lines.insert(lines.begin(), "mx.example");
    return Extensions::parse(Reply{.code = 250, .lines = std::move(lines)});
  };
  CHECK(parse({"STARTTLS"}).starttls);
  CHECK(parse({"starttls"}).starttls);
  CHECK(parse({"STARTTLS "}).starttls);
  CHECK_FALSE(parse({" STARTTLS"}).starttls);
  CHECK_FALSE(parse({"XSTARTTLS"}).starttls);
  CHECK_FALSE(parse({"AUTH STARTTLS"}).starttls);
  CHECK(parse({"SIZE 35882577"}).size_limit == 35'882'577);
  CHECK(parse({"SIZE"}).size);
  CHECK_FALSE(parse({"SIZE"}).size_limit);
  CHECK_FALSE(parse({"SIZE 0"}).size_limit);  // RFC 1870 section 4: no limit
  CHECK_FALSE(parse({"SIZE 99999999999999999999"}).size_limit);
  CHECK(parse({"XXXXXXXA"}).struck_out);
  CHECK(parse({"XXXXXXXX"}).struck_out);
  CHECK_FALSE(parse({"XCLIENT"}).struck_out);
  CHECK_FALSE(parse({}).starttls);
}

// SPDX-License-Identifier: MIT
#include "policy/sts_policy.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

const std::string kGood =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n"
    "mx: backupmx.example.com\r\nmax_age: 604800\r\n";

void check_good(const std::string& body) {
  const auto policy = parse_sts_policy(body);
  INFO((policy ? "" : policy.error().text));
  REQUIRE(policy);
  CHECK(policy->mode == Mode::enforce);
  CHECK(policy->mx == test::mxs({"mx.a.example"}));
  CHECK(policy->max_age == Seconds{86400});
  CHECK(policy->text == body);
}

TEST_CASE("sts policy: the example of RFC 8461 section 3.2") {
  const auto policy = parse_sts_policy(kGood);
  REQUIRE(policy);
  CHECK(policy->mode == Mode::enforce);
  CHECK(policy->mx == test::mxs({"mail.example.com", "*.example.net", "backupmx.example.com"}));
  CHECK(policy->max_age == Seconds{604800});
  CHECK(policy->extensions.empty());
  CHECK(policy->remarks.empty());
  CHECK(policy->text == kGood);
}

TEST_CASE("sts policy: bodies that mean the same (RFC 8461 section 3.2)") {
  struct Row {
    const char* why;
    std::string body;
  };
  const std::string rest = "mode: enforce\nmx: mx.a.example\nmax_age: 86400";
  const Row rows[] = {
      {"LF", "version: STSv1\n" + rest + "\n"},
      {"no end of the last line", "version: STSv1\n" + rest},
      {"CRLF", "version: STSv1\r\nmode: enforce\r\nmx: mx.a.example\r\nmax_age: 86400\r\n"},
      {"both, mixed", "version: STSv1\r\nmode: enforce\nmx: mx.a.example\r\nmax_age: 86400\n"},
      {"white space before the line end", "version: STSv1 \t\r\nmode: enforce \n" +
                                              std::string("mx: mx.a.example\t\nmax_age: 86400  ")},
      {"no space behind the colon", "version:STSv1\nmode:enforce\nmx:mx.a.example\nmax_age:86400"},
      {"much space behind it", "version: \t STSv1\n" + rest},
      {"version is not first", rest + "\nversion: STSv1\n"},
      {"empty lines", "\nversion: STSv1\n\n\r\n" + rest + "\n\n \t\n"},
      {"the first version counts", "version: STSv1\nversion: STSv2\n" + rest},
      {"the first mode counts", "version: STSv1\n" + rest + "\nmode: none"},
      {"the first max_age counts", "version: STSv1\n" + rest + "\nmax_age: nonsense"},
      {"upper case and a trailing dot in mx",
       "version: STSv1\nmode: enforce\nmx: MX.A.Example.\nmax_age: 86400"},
      {"an mx twice", "version: STSv1\nmx: mx.a.example\n" + rest},
      {"mx that are none, beside one", "version: STSv1\nmx: *\nmx:\nmx: 192.0.2.1\n" + rest},
      {"other keys are others", "version: STSv1\nMode: none\nMX: b.example\n" + rest},
      {"extensions", "version: STSv1\nfoo: bar: {baz} \"\xC3\xA9\"\nx.y_z-1:\n" + rest},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    check_good(row.body);
  }
}

TEST_CASE("sts policy: refused bodies (RFC 8461 section 3.2)") {
  struct Row {
    const char* why;
    std::string body;
  };
  const std::string mode = "mode: enforce\n";
  const std::string mx = "mx: mx.a.example\n";
  const std::string age = "max_age: 86400\n";
  const std::string version = "version: STSv1\n";
  const std::string rest = mode + mx + age;
  const Row rows[] = {
      {"nothing", ""},
      {"a page", "<!DOCTYPE html>\n<html></html>\n"},
      {"a byte order mark", "\xEF\xBB\xBF" + version + rest},
      {"no version", rest},
      {"another version", "version: STSv2\n" + rest},
      {"the version in another case", "version: stsv1\n" + rest},
      {"version, as in the record", "v: STSv1\n" + rest},
      {"the key in another case", "Version: STSv1\n" + rest},
      {"a bad first version counts", "version: x\nversion: STSv1\n" + rest},
      {"an empty version", "version:\n" + rest},
      {"no mode", version + mx + age},
      {"another mode", version + "mode: report\n" + mx + age},
      {"the mode in another case", version + "mode: Enforce\n" + mx + age},
      {"an empty mode", version + "mode: \n" + mx + age},
      {"a bad first mode counts", version + "mode: x\n" + rest},
      {"no max_age", version + mode + mx},
      {"no mx", version + mode + age},
      {"no mx in testing", version + "mode: testing\n" + age},
      {"no valid mx", version + mode + "mx: *\nmx: localhost\n" + age},
      {"an equals sign", "version=STSv1\n" + rest},
      {"a line without a colon", version + rest + "word\n"},
      {"white space before a key", version + " " + rest},
      {"white space before the colon", version + "mode : enforce\n" + mx + age},
      {"no key", version + rest + ": x\n"},
      {"a key of 33", version + rest + std::string(33, 'k') + ": x\n"},
      {"CR alone", "version: STSv1\rmode: enforce\rmx: mx.a.example\rmax_age: 86400\r"},
      {"CR alone at the end", version + mode + mx + "max_age: 86400\r"},
      {"CR twice", "version: STSv1\r\r\n" + rest},
      {"a NUL", version + rest + std::string("x: \0\n", 5)},
      {"an escape sequence", version + rest + "x: \x1B[31m\n"},
      {"two bodies' worth of a space", version + rest + std::string(65536, ' ')},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto policy = parse_sts_policy(row.body);
    CHECK_FALSE(policy);
    if (policy) continue;
    CHECK(policy.error().code == Errc::bad_input);
    CHECK(policy.error().text.find_first_of("\r\n\x1B") == std::string::npos);
  }
}

TEST_CASE("sts policy: 64 KiB is the limit, refused and not cut off (RFC 8461 3.3)") {
  const std::string body = "version: STSv1\nmode: enforce\nmx: mx.a.example\nmax_age: 86400\n";
  CHECK(parse_sts_policy(body + "x: " + std::string(65536 - body.size() - 3, 'x')));
  CHECK_FALSE(parse_sts_policy(body + "x: " + std::string(65536 - body.size() - 2, 'x')));
}

TEST_CASE(
    "sts policy: max_age is 1 to 10 digits, and at most a year (RFC 8461 3.2, erratum 7282)") {
  struct Row {
    const char* text;
    long seconds;  ///< -1: refused
  };
  const Row rows[] = {
      {"0", 0},
      {"1", 1},
      {"0000000001", 1},
      {"31557600", 31557600},
      {"31557601", 31557600},
      {"9999999999", 31557600},
      {"00000000001", -1},
      {"10000000000", -1},
      {"", -1},
      {"-1", -1},
      {"+1", -1},
      {"8_6400", -1},
      {"8,6400", -1},
      {"1.5", -1},
      {"1e3", -1},
      {"0x10", -1},
      {"86400s", -1},
      {"86 400", -1},
      {"\xD9\xA1", -1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto policy =
        parse_sts_policy("version: STSv1\nmode: none\nmax_age: " + std::string{row.text});
    CHECK(policy.has_value() == (row.seconds >= 0));
    if (policy) CHECK(policy->max_age.count() == row.seconds);
  }
}

TEST_CASE("sts policy: mode none needs no mx and may have some (RFC 8461 section 8.3)") {
  const auto bare = parse_sts_policy("version: STSv1\nmode: none\nmax_age: 0\n");
  REQUIRE(bare);
  CHECK(bare->mode == Mode::none);
  CHECK(bare->mx.empty());
  const auto more = parse_sts_policy("version: STSv1\nmode: none\nmx: mx.a.example\nmax_age: 1\n");
  REQUIRE(more);
  CHECK(more->mx.size() == 1);
}

TEST_CASE("sts policy: an mx is a name or *. and a name, in A-labels (RFC 8461 3.2)") {
  struct Row {
    const char* text;
    const char* read;  ///< nullptr: passed over
  };
  const Row rows[] = {
      {"mx.a.example", "mx.a.example"},
      {"*.a.example", "*.a.example"},
      {"xn--mller-kva.example", "xn--mller-kva.example"},
      {"mx.a.example.", "mx.a.example"},
      {".a.example", nullptr},
      {"m\xC3\xBCller.example", nullptr},
      {"**.a.example", nullptr},
      {"*.*.a.example", nullptr},
      {"mx.*.example", nullptr},
      {"mx*.a.example", nullptr},
      {"*", nullptr},
      {"*.", nullptr},
      {"", nullptr},
      {"192.0.2.1", nullptr},
      {"[192.0.2.1]", nullptr},
      {"2001:db8::1", nullptr},
      {"mx_1.a.example", nullptr},
      {"mx.a.example b.example", nullptr},
      {"mx.a.example,b.example", nullptr},
      {"mx.a.example:25", nullptr},
      {"mx..example", nullptr},
      {"hostname", nullptr},  // Postfix's keywords
      {"nexthop", nullptr},
      {"dot-nexthop", nullptr},
      {"a.example} { policy_string = x", nullptr},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto policy = parse_sts_policy("version: STSv1\nmode: enforce\nmx: other.example\nmx: " +
                                         std::string{row.text} + "\nmax_age: 1\n");
    REQUIRE(policy);
    REQUIRE(policy->mx.size() == (row.read == nullptr ? 1U : 2U));
    if (row.read != nullptr) CHECK(policy->mx.back().text() == row.read);
    CHECK(policy->remarks.size() == (row.read == nullptr ? 1U : 0U));
  }
}

TEST_CASE("sts policy: 100 mx are the limit, and remarks do not grow without end") {
  const auto with = [](int hosts, const std::string& domain) {
    std::string body = "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n";
    for (int i = 1; i < hosts; ++i)
      body += "mx: m" + std::to_string(i) + domain + "\n";
    return parse_sts_policy(body);
  };
  CHECK(with(100, ".example"));
  CHECK_FALSE(with(101, ".example"));
  const auto bad = with(1000, "");
  REQUIRE(bad);
  CHECK(bad->remarks.size() == 20);
}

TEST_CASE("sts policy: unknown keys are kept as they are (RFC 8461 3.2)") {
  const auto policy = parse_sts_policy(
      "version: STSv1\nmode: none\nfoo: {a} = \xFF\xC3\xA9 b\nmax_age: 1\nfoo: again\nbar:\n");
  REQUIRE(policy);
  using Field = std::pair<std::string, std::string>;
  CHECK(policy->extensions ==
        std::vector<Field>{{"foo", "{a} = \xFF\xC3\xA9 b"}, {"foo", "again"}, {"bar", ""}});
}

TEST_CASE("sts policy: what is passed over is told") {
  const auto policy =
      parse_sts_policy("version: STSv1\n\n\nmode: none\nmode: enforce\nmx: \x80\nmax_age: 1\n");
  REQUIRE(policy);
  REQUIRE(policy->remarks.size() == 3);
  CHECK(policy->remarks[0] == "empty lines are passed over");
  CHECK(policy->remarks[1] == "mode stands more than once: the first counts");
  CHECK(policy->remarks[2].contains("\\x80"));
}

TEST_CASE("sts policy: its lines for reports hold nothing but printable ASCII") {
  using Lines = std::vector<std::string>;
  CHECK(sts_policy_lines(kGood) == Lines{"version: STSv1", "mode: enforce", "mx: mail.example.com",
                                         "mx: *.example.net", "mx: backupmx.example.com",
                                         "max_age: 604800"});
  CHECK(sts_policy_lines("").empty());
  CHECK(sts_policy_lines("\n \n\t\r\n").empty());
  CHECK(sts_policy_lines("a: \xC3\xA9\xFF b\x1B"
                         "c\rd\te \t\r\n\n  b: {x}\n") == Lines{"a: ??? b?c?d?e", "b: {x}"});
  CHECK(sts_policy_lines("x: " + std::string(1000, 'x')).at(0).size() == 300);
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += "a:\n";
  CHECK(sts_policy_lines(many).size() == 150);
  std::string much;
  for (int i = 0; i < 1000; ++i)
    much += "x: " + std::string(290, 'x') + "\n";
  std::size_t all = 0;
  for (const std::string& line : sts_policy_lines(much))
    all += line.size();
  CHECK(all <= 32768);
  CHECK(all > 30000);
}

TEST_CASE("sts policy: the media type is text/plain, whatever its parameters (RFC 8461 3.2)") {
  for (const char* good :
       {"text/plain", "Text/PLAIN", "text/plain; charset=utf-8", "text/plain;charset=us-ascii",
        "text/plain ; charset=iso-8859-1", "text/plain;", " text/plain\t"}) {
    CAPTURE(good);
    CHECK(is_sts_media_type(good));
  }
  for (const char* bad : {"", "text/html", "text/plain+x", "text/plainx", "text", "text/",
                          "application/octet-stream", "text /plain", "; text/plain",
                          "text/html; text/plain", "text/plain, text/html", "text/*"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_sts_media_type(bad));
  }
}

}  // namespace
}  // namespace tlspact

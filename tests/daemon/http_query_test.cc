// SPDX-License-Identifier: MIT
/// What comes in behind a question mark, and times and numbers as a page shows them.
#include "daemon/control/http/moments.h"
#include "daemon/control/http/query.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

TEST_CASE("A query that is read", "[http]") {
  const struct {
    std::string text;
    std::optional<std::string> domain;
    const char* why;
  } rows[] = {
      {"", std::nullopt, "nothing"},
      {"domain=acme.example", "acme.example", "one"},
      {"domain=a&domain=b", "a", "the first one counts"},
      {"x=1&domain=a", "a", "behind another"},
      {"&&domain=a&", "a", "empty ones are passed over"},
      {"domain", "", "no value"},
      {"domain=", "", "an empty value"},
      {"domain=a=b", "a=b", "only the first = divides"},
      {"domain=%5Brelay.example%5d%3A587", "[relay.example]:587", "percent-encoding, both cases"},
      {"domain=m%C3%BCnchen.example", "münchen.example", "UTF-8"},
      {"domain=a+b", "a b", "a form writes a space so"},
      {"domain=%2B", "+", "and a plus so"},
      {"d%6fmain=a", "a", "names are decoded, too"},
      {"domain=%25", "%", "once, not twice"},
      {"domain=%2525", "%25", "once, not twice"},
      {"domain=%3Cscript%3E", "<script>", "what it means is not judged here"},
      {"domain=%00x", std::string("\0x", 2), "nor is that"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text, row.why);
    const auto query = Query::parse(row.text);
    REQUIRE(query);
    CHECK(query->get("domain") == row.domain);
  }
}

TEST_CASE("A query that is none", "[http]") {
  std::string many;
  for (std::size_t i = 0; i <= Query::kMaxParameters; ++i)
    many += "a=b&";
  for (const std::string& text :
       {std::string{"domain=%"}, std::string{"domain=%2"}, std::string{"domain=%zz"},
        std::string{"domain=%2g"}, std::string{"%=1"}, many,
        "domain=" + std::string(Query::kMaxBytes, 'a')}) {
    CAPTURE(text);
    CHECK_FALSE(Query::parse(text));
  }
  CHECK(Query::parse("domain=" + std::string(Query::kMaxBytes - 7, 'a')));
}

TEST_CASE("A value that is encoded is decoded as it was", "[http]") {
  std::string every;
  for (int byte = 0; byte < 256; ++byte)
    every += static_cast<char>(byte);
  const std::string encoded = percent_encoded(every);
  CHECK(encoded.find_first_of("<>&\"' +#?\n") == std::string::npos);
  CHECK(Query::parse("x=" + encoded)->get("x") == every);
  CHECK(percent_encoded("a-b.c_d~e") == "a-b.c_d~e");
}

TEST_CASE("What people paste is trimmed", "[http]") {
  CHECK(trimmed(" \tacme.example\r\n") == "acme.example");
  CHECK(trimmed("a b") == "a b");
  CHECK(trimmed(" \t").empty());
  CHECK(trimmed("").empty());
}

TEST_CASE("Moments and numbers", "[http]") {
  using namespace std::chrono_literals;
  const Time now = test::now();
  CHECK(minute_text(now + 61min + 59s) == "2026-11-01 01:01");
  CHECK(distance_text(now, now) == "just now");
  CHECK(distance_text(now + 59s, now) == "just now");
  CHECK(distance_text(now + 60s, now) == "in 1 minute");
  CHECK(distance_text(now - 3h, now) == "3 hours ago");
  CHECK(distance_text(now + 47h, now) == "in 1 day");
  CHECK(distance_text(now + 48h, now) == "in 2 days");
  CHECK(grouped_digits(0) == "0");
  CHECK(grouped_digits(999) == "999");
  CHECK(grouped_digits(1000) == "1,000");
  CHECK(grouped_digits(1234567) == "1,234,567");
}

}  // namespace
}  // namespace tlspact

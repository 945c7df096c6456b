// SPDX-License-Identifier: MIT
#include "policy/time.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("RFC 3339 times are read in UTC") {
  CHECK(format_time(*parse_rfc3339("2020-05-20T10:25:12.710034-07:00")) == "2020-05-20T17:25:12Z");
  CHECK(format_time(*parse_rfc3339("2020-02-29T23:59:59Z")) == "2020-02-29T23:59:59Z");
  CHECK(format_time(*parse_rfc3339("2020-01-01T00:30:00+01:00")) == "2019-12-31T23:30:00Z");
}

TEST_CASE("what is no RFC 3339 time is refused") {
  for (const char* text : {"", "2020-05-20", "2020-05-20T10:25:12", "2020-05-20 10:25:12Z",
                           "2020-02-30T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-01T24:00:00Z",
                           "2020-01-01T00:60:00Z", "2020-01-01T00:00:60Z", "2020-01-01T00:00:00.Z",
                           "2020-01-01T00:00:00+1:00", "2020-01-01T00:00:00Z ",
                           "20-01-01T00:00:00Z", "2020-1-01T00:00:00Z", "+020-01-01T00:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("a date alone is its 00:00 UTC") {
  CHECK(format_time(*parse_date_or_time("2027-01-01")) == "2027-01-01T00:00:00Z");
  CHECK(format_date(*parse_date_or_time("2027-01-01T12:00:00Z")) == "2027-01-01");
  CHECK_FALSE(parse_date_or_time("2027-02-29"));
}

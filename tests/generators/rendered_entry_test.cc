// SPDX-License-Identifier: MIT
#include "generators/rendered_entry.h"

#include "policy/notice.h"
#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("a value of either mail server, as its level and the rest") {
  const struct {
    std::string_view value, level, rest;
  } rows[] = {
      {"encrypt", "encrypt", ""},
      {"secure match=mx.acme.example", "secure", "match=mx.acme.example"},
      {"level=secure mxre=^(?:mx)$ ca=/x", "secure", "mxre=^(?:mx)$ ca=/x"},
      {"level=default", "default", ""},
      {"", "", ""},
      {"level=", "", ""},
      {"secure ", "secure", ""},
  };
  for (const auto& row : rows) {
    INFO(row.value);
    CHECK(split_value(row.value).level == row.level);
    CHECK(split_value(row.value).rest == row.rest);
  }
}

TEST_CASE("how many more there are is said where there are some") {
  CHECK(and_more(0).empty());
  CHECK(and_more(1) == " and 1 more");
}

// SPDX-License-Identifier: MIT
#include "policy/utf8.h"

#include <vector>

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("what is no UTF-8 is replaced, and nothing else") {
  struct Case {
    const char* reason;
    std::string text;
    std::string valid;
  };
  const std::string bad = "\xEF\xBF\xBD";
  const std::vector<Case> cases{
      {"nothing", "", ""},
      {"ASCII with control bytes and NUL", std::string("a\0\x1b\x7f", 4),
       std::string("a\0\x1b\x7f", 4)},
      {"two, three and four bytes", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x92",
       "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x92"},
      {"the last of all", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
      {"Latin-1", "caf\xE9.toml", "caf" + bad + ".toml"},
      {"a sequence cut off", "a\xE2\x82", "a" + bad + bad},
      {"a tail alone", "\x80x", bad + "x"},
      {"overlong", "\xC0\xAF\xE0\x80\xAF", bad + bad + bad + bad + bad},
      {"a surrogate", "\xED\xA0\x80", bad + bad + bad},
      {"above U+10FFFF", "\xF4\x90\x80\x80", bad + bad + bad + bad},
      {"never a byte of it", "\xFF\xFE", bad + bad},
  };
  for (const Case& each : cases) {
    INFO(each.reason);
    CHECK(valid_utf8(each.text) == each.valid);
    CHECK(valid_utf8(each.valid) == each.valid);
  }
}

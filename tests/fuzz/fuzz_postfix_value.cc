// SPDX-License-Identifier: MIT
/// libFuzzer: a value of the Postfix map, and a key.
#include "generators/postfix/postfix_grammar.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  for (const PostfixVersion version :
       {PostfixVersion{3, 4, 0}, PostfixVersion{3, 7, 11}, PostfixVersion{3, 10, 5}}) {
    if (read_postfix_value(bytes, version)) expect_printable(bytes);
  }
  if (check_postfix_key(bytes)) expect_printable(bytes);
}

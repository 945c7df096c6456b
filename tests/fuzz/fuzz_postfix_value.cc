// SPDX-License-Identifier: MIT
/// libFuzzer: a value of the Postfix map, and a key; the same bytes as the lines of a policy.
#include "generators/postfix/postfix_grammar.h"
#include "generators/postfix/postfix_policy_strings.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  for (const PostfixVersion version :
       {PostfixVersion{3, 4, 0}, PostfixVersion{3, 7, 11}, PostfixVersion{3, 10, 5}}) {
    if (read_postfix_value(bytes, version)) expect_printable(bytes);
  }
  if (check_postfix_key(bytes)) expect_printable(bytes);
  std::string value =
      "secure match=a.test policy_type=sts policy_domain=a.test mx_host_pattern=a.test"
      " policy_string=x";
  const std::size_t room = kMaxPostfixValue - value.size();
  static_cast<void>(append_policy_strings(value, bytes, Source::mta_sts, room));
  if (!read_postfix_value(value, {3, 10, 5})) __builtin_trap();
}

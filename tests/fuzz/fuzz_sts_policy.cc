// SPDX-License-Identifier: MIT
/// libFuzzer: the body of an MTA-STS policy, and its lines for reports.
#include "policy/sts_policy.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  for (const std::string& line : sts_policy_lines(bytes)) {
    expect_printable(line);
    if (line.empty()) __builtin_trap();
  }
  static_cast<void>(is_sts_media_type(bytes));
  const auto policy = parse_sts_policy(bytes);
  if (!policy) return expect_printable(policy.error().text);
  for (const std::string& remark : policy->remarks)
    expect_printable(remark);
  if (policy->max_age < Seconds{0} || policy->max_age > kMaxStsAge) __builtin_trap();
  if (policy->mode != Mode::none && policy->mx.empty()) __builtin_trap();
  for (const MxPattern& pattern : policy->mx) {
    if (!Domain::is_normal_form(pattern.name.text())) __builtin_trap();
  }
  const auto again = parse_sts_policy(policy->text);
  if (!again || *again != *policy) __builtin_trap();
}

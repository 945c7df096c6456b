// SPDX-License-Identifier: MIT
/// libFuzzer: the TXT records at _mta-sts, as rdata on the wire. The input is cut at each NUL NUL.
#include <vector>

#include "policy/sts_record.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  std::vector<std::string> rdata;
  constexpr std::string_view kCut{"\0\0", 2};
  for (;;) {
    const std::size_t at = bytes.find(kCut);
    rdata.emplace_back(bytes.substr(0, at));
    if (at == bytes.npos) break;
    bytes.remove_prefix(at + kCut.size());
  }
  const auto found = find_sts_record(rdata);
  expect_printable(found.reason);
  if (found.outcome != StsRecordOutcome::valid) return;
  if (found.record.id.empty() || found.record.id.size() > 32) __builtin_trap();
  const auto again = parse_sts_record("v=STSv1; id=" + found.record.id);
  if (again.record != found.record) __builtin_trap();
}

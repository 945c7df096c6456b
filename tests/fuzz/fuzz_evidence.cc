// SPDX-License-Identifier: MIT
/// libFuzzer: what the store remembers of MX endpoints and of learned domains; what was read is
/// written, goes on, and is read again.
#include "daemon/store/evidence_json.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  if (const auto domain = parse_learned_domain_json(bytes)) {
    if (parse_learned_domain_json(learned_domain_json(*domain)) != *domain) __builtin_trap();
  }
  auto memory = parse_endpoint_json(bytes);
  if (!memory) return;
  if (parse_endpoint_json(endpoint_json(*memory)) != *memory) __builtin_trap();
  Evidence seen{.host = memory->host, .address = memory->address, .names = {}};
  seen.at = Time{std::chrono::days{20'000}};
  for (const EvidenceKind kind :
       {EvidenceKind::negative, EvidenceKind::positive, EvidenceKind::inconclusive}) {
    seen.kind = kind;
    *memory = remember(*memory, seen, LearnRules{}, ProbeTimes{});
    if (memory->sightings.size() > kMaxSightings) __builtin_trap();
  }
}

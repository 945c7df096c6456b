// SPDX-License-Identifier: MIT
#include "daemon/control/explain.h"

#include <algorithm>
#include <iterator>

#include "generators/exim/exim_entry.h"
#include "generators/postfix/postfix_entry.h"
#include "policy/build_snapshot.h"
#include "policy/decide.h"

namespace tlspact {

namespace {

void add_evidence(const EvidenceRun& evidence, const PolicyKey& key, Time now, Explanation& out) {
  const ProbeStates& states = evidence.states();
  const auto known = states.domains.find(key.text());
  if (known == states.domains.end()) return;
  for (const std::string& host : known->second.hosts) {
    for (const EndpointMemory* each : states.endpoints.of_host(host))
      out.endpoints.push_back(*each);
  }
  if (out.decision.policy != nullptr)
    out.proofs = prove_domain(*out.decision.policy, known->second, states.endpoints, now);
  for (const Judged& each : out.decision.judged) {
    if (each.standing == Standing::testing && each.candidate.policy != nullptr)
      out.testing.emplace_back(
          source_name(each.candidate.source),
          prove_domain(*each.candidate.policy, known->second, states.endpoints, now));
  }
}

}  // namespace

Explanation explain(const Refreshed& refreshed, const PolicyKey& key,
                    const GeneratorSettings& settings, Time now) {
  Explanation out{
      .decision = decide(key, refreshed.inputs.candidates_for(key), refreshed.rules, now),
      .map_key = key,
      .postfix = {},
      .exim = {},
      .notices = {},
      .endpoints = {},
      .proofs = {},
      .testing = {}};
  if (refreshed.evidence) add_evidence(*refreshed.evidence, key, now, out);
  for (const Remark remark : out.decision.remarks)
    out.notices.push_back(notice_of(remark, out.decision));
  auto entry = entry_of(out.decision);
  if (!entry) return out;
  if (repeats_parent(out.decision)) {
    out.map_key = *out.decision.winner()->covered_by;
    entry->key = out.map_key;
  }
  out.postfix = render_postfix_entry(*entry, settings.postfix.options);
  out.exim = render_exim_entry(*entry, settings.exim.options);
  for (const RenderedEntry* rendered : {&out.postfix, &out.exim}) {
    const bool enabled =
        rendered == &out.postfix ? settings.postfix.enabled : settings.exim.enabled;
    if (enabled) std::ranges::copy(rendered->notices, std::back_inserter(out.notices));
  }
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/inbound_agreements.h"

#include <algorithm>
#include <iterator>

#include "daemon/sources/agreement_source.h"

namespace tlspact {
namespace {

/// What the source says against a file is an alert on "agreements"; what it says of a good one (it
/// expires) names the agreement, and is not for init to tell.
Findings refused_files(const Notices& notices) {
  Findings out;
  for (const Notice& each : notices)
    if (each.severity == Severity::alert && each.subject == "agreements")
      out.push_back({Severity::alert, each.subject, each.text,
                     "mend the file, then: tlspact generate && tlspact init --apply"});
  return out;
}

}  // namespace

InboundDirectory read_inbound_agreements(const Config& config, Time now) {
  InboundDirectory out;
  Notices notices;
  // Read only, a file that does not exist is an empty store, and is not made.
  auto store = Store::open({}, Store::Access::read_only, now, notices);
  if (!store) {
    out.refused = {{Severity::alert, "agreements", store.error().text, {}}};
    return out;
  }
  const FetchContext context{.store = *store, .now = now, .offline = true, .keep_in_store = false};
  AgreementSource source{config};
  out.refused = refused_files(source.fetch(context).notices);
  PolicyInputs inputs;
  static_cast<void>(source.load(context, inputs));  // has nothing to say
  std::ranges::copy_if(inputs.agreements(), std::back_inserter(out.agreements),
                       [&](const auto& each) { return each->inbound && each->holds_at(now); });
  return out;
}

}  // namespace tlspact

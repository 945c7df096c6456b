// SPDX-License-Identifier: MIT
#include "daemon/control/refresh.h"

#include <algorithm>
#include <iterator>

#include "daemon/sources/policy_source.h"

namespace tlspact {
namespace {

void forget_unconfigured(const Config& config, Store& store, Notices& notices) {
  std::vector<std::string> names;
  for (const ListConfig& list : config.lists)
    names.push_back(list.name);
  if (auto kept = store.keep_only_lists(names); !kept)
    notices.push_back({Severity::alert, "store", kept.error().text});
}

}  // namespace

Refreshed refresh(const Config& config, Store& store, const RefreshOptions& options) {
  Refreshed out;
  const FetchContext context{store, options.now, options.offline, options.keep_in_store};
  for (const auto& source : policy_sources(config)) {
    FetchReport report = source->fetch(context, out.inputs);
    std::ranges::move(report.notices, std::back_inserter(out.notices));
    out.refused = out.refused || report.refused;
    out.never_good = out.never_good || report.state == SourceState::never_good;
  }
  if (options.keep_in_store) forget_unconfigured(config, store, out.notices);
  out.snapshot = build_snapshot(out.inputs, DecisionRules{}, options.now);
  out.refused = out.refused || out.snapshot.without_names > 0;
  std::ranges::copy(out.snapshot.notices, std::back_inserter(out.notices));
  return out;
}

}  // namespace tlspact

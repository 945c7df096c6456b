// SPDX-License-Identifier: MIT
#include "daemon/control/http/explainer.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "daemon/control/http/evidence_chart.h"
#include "daemon/control/in_force.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/refresh.h"
#include "daemon/control/rollback.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

/// Those of the maps in force; before the first run, those of the configuration alone.
GeneratorSettings settings_in_force(const Config& config) {
  GeneratorSettings settings = generator_settings(config, assumed_facts());
  if (auto options = read_snapshot_options(config.state_path("snapshot"))) {
    settings.postfix.options = std::move(options->postfix);
    settings.exim.options = std::move(options->exim);
  }
  return settings;
}

std::vector<HostHistory> history_of(const Explanation& explanation, Store& store) {
  std::vector<HostHistory> out;
  for (const EndpointMemory& each : explanation.endpoints) {
    if (std::ranges::find(out, each.host, &HostHistory::host) != out.end()) continue;
    out.push_back(
        {each.host, by_day(store.evidence_of(each.host).value_or(std::vector<Evidence>{}))});
  }
  return out;
}

}  // namespace

Result<ExplainedDomain> Explainer::explain(const Config& config, const PolicyKey& key, Time now) {
  constexpr std::chrono::seconds kPatience{5};
  const Turn turn{turns_, kPatience};
  if (!turn) return fail(Errc::try_again, "others are being explained, try again");
  Notices notices;
  auto store = Store::open(config.store_path(), Store::Access::read_beside, now, notices);
  if (!store) return std::unexpected(store.error());
  const Refreshed refreshed =
      refresh(config, *store,
              {.now = now, .offline = true, .keep_in_store = false, .tell_everything = true});
  const GeneratorSettings settings = settings_in_force(config);
  ExplainedDomain out{.explanation = tlspact::explain(refreshed, key, settings, now),
                      .settings = settings,
                      .history = {}};
  std::ranges::move(notices, std::back_inserter(out.explanation.notices));
  if (const auto hold = hold_in_force(config))
    out.explanation.notices.push_back(held_notice(*hold));
  out.history = history_of(out.explanation, *store);
  return out;
}

}  // namespace tlspact

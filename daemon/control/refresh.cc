// SPDX-License-Identifier: MIT
#include "daemon/control/refresh.h"

#include <algorithm>
#include <iterator>

#include "policy/build_snapshot.h"

namespace tlspact {
namespace {

void forget_unconfigured(const Config& config, Store& store, Notices& notices) {
  std::vector<std::string> names;
  for (const ListConfig& list : config.lists)
    names.push_back(list.name);
  if (auto kept = store.keep_only_lists(names); !kept)
    notices.push_back({Severity::alert, "store", kept.error().text});
}

FetchContext context_of(Store& store, const RefreshOptions& options) {
  return {.store = store,
          .now = options.now,
          .offline = options.offline,
          .keep_in_store = options.keep_in_store,
          .scratch = options.scratch,
          .look_up_now = options.look_up_now,
          .look_up_everything = options.look_up_everything,
          .tell_everything = options.tell_everything,
          .probe = options.probe,
          .stop = options.stop,
          .progress = options.progress};
}

void sum_up(Fetched& fetched, Time now) {
  fetched.fingerprint.clear();
  fetched.next_change.reset();
  const auto consider = [&](std::optional<Time> change) {
    if (change && (!fetched.next_change || *change < *fetched.next_change))
      fetched.next_change = change;
  };
  for (const auto& source : fetched.sources) {
    fetched.fingerprint += source->fingerprint() + "\n";
    const auto change = source->next_change(now);
    consider(change);
  }
  fetched.fingerprint += fetched.evidence->fingerprint(now) + "\n";
  consider(fetched.evidence->next_change(now));
}

/// RFC 2308, and at least 30 minutes: most domains are like that, and strangers choose them.
std::vector<Negative> negatives_of(const PolicyInputs& inputs, const Snapshot& snapshot, Time now) {
  constexpr Seconds kLeast = std::chrono::minutes{30};
  std::vector<Negative> out;
  for (const auto& [key, until] : inputs.looked_up()) {
    if (!snapshot.find(key)) out.push_back({key, std::max(until, now + kLeast)});
  }
  return out;
}

}  // namespace

std::set<std::string> known_next_hops(Store& store, const ProbeStates& states, Notices& notices) {
  std::set<std::string> out;
  for (const auto& [key, domain] : states.domains)
    out.insert(key);
  const auto correspondents = store.correspondents();
  if (!correspondents) notices.push_back({Severity::alert, "store", correspondents.error().text});
  for (const StoredCorrespondent& each :
       correspondents.value_or(std::vector<StoredCorrespondent>{}))
    out.insert(each.domain);
  return out;
}

Fetched fetch_sources(const Config& config, Store& store, const RefreshOptions& options) {
  Fetched out{.sources = policy_sources(config),
              .evidence = std::make_unique<EvidenceRun>(config),
              .notices = {},
              .fingerprint = {},
              .next_change = {}};
  const FetchContext context = context_of(store, options);
  for (const auto& source : out.sources) {
    FetchReport report = source->fetch(context);
    std::ranges::move(report.notices, std::back_inserter(out.notices));
    out.refused = out.refused || report.refused;
    out.never_good = out.never_good || report.state == SourceState::never_good;
  }
  out.evidence->read(store, out.notices);
  if (config.probe.enabled && !options.offline && options.probe)
    out.evidence->probe(context, known_next_hops(store, out.evidence->states(), out.notices),
                        out.notices);
  sum_up(out, options.now);
  if (options.keep_in_store) forget_unconfigured(config, store, out.notices);
  return out;
}

Refreshed load_and_decide(const Config& config, Fetched& fetched, Store& store,
                          const RefreshOptions& options) {
  Refreshed out;
  out.refused = fetched.refused;
  out.never_good = fetched.never_good;
  const FetchContext context = context_of(store, options);
  for (const auto& source : fetched.sources) {
    FetchReport report = source->load(context, out.inputs);
    std::ranges::move(report.notices, std::back_inserter(out.notices));
    out.never_good = out.never_good || report.state == SourceState::never_good;
  }
  EvidenceRun& evidence = *fetched.evidence;
  if (config.probe.enabled && !options.offline) {
    std::set<std::string> next_hops = EvidenceRun::next_hops(out.inputs);
    evidence.probe(context, next_hops, out.notices);
    if (!options.probe) out.probe_next_hops = std::move(next_hops);
  }
  evidence.add_to(context, out.inputs, out.notices);
  // load() may have looked up domains that were met for the first time.
  sum_up(fetched, options.now);
  out.rules.max_stale = config.dns.max_stale;
  out.snapshot = build_snapshot(out.inputs, out.rules, options.now);
  out.refused = out.refused || out.snapshot.without_names > 0;
  out.negatives = negatives_of(out.inputs, out.snapshot, options.now);
  std::ranges::copy(out.snapshot.notices, std::back_inserter(out.notices));
  std::ranges::move(evidence.judge(out.inputs, out.rules, options.now),
                    std::back_inserter(out.notices));
  out.evidence = std::move(fetched.evidence);
  return out;
}

Refreshed refresh(const Config& config, Store& store, const RefreshOptions& options) {
  Fetched fetched = fetch_sources(config, store, options);
  Refreshed out = load_and_decide(config, fetched, store, options);
  out.notices.insert(out.notices.begin(), fetched.notices.begin(), fetched.notices.end());
  return out;
}

}  // namespace tlspact

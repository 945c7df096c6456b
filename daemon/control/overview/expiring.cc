// SPDX-License-Identifier: MIT
#include "daemon/control/overview/expiring.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "daemon/control/report.h"
#include "daemon/sources/agreement_parser.h"
#include "policy/enforcement_guard.h"

namespace tlspact {
namespace {

class Collection {
 public:
  Collection(const Config& config, Store& store, const ProbeStates& states, Time now)
      : config_(config), store_(store), states_(states), now_(now) {}

  Expiring take() {
    add(Ending::Kind::list, lists());
    add(Ending::Kind::agreement, agreements());
    add(Ending::Kind::certificate, certificates());
    add(Ending::Kind::held_policy, held());
    add(Ending::Kind::learned, learned());
    const auto sts = sts_policies();
    add(Ending::Kind::sts_policy, sts.first, sts.second);
    std::ranges::stable_sort(out_.rows, {}, &Ending::at);
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is_soon(Time end) const { return end > now_ && end <= now_ + kEndingHorizon; }

  /// `count`: how many there are, if `found` does not have all of them.
  void add(Ending::Kind kind, std::vector<Ending> found, std::optional<std::size_t> count = {}) {
    out_.by_kind[kind] = count.value_or(found.size());
    out_.count += out_.by_kind[kind];
    std::ranges::stable_sort(found, {}, &Ending::at);
    found.resize(std::min(found.size(), kMostEndings));
    std::ranges::move(found, std::back_inserter(out_.rows));
  }

  template <class Value>
  Value read(Result<Value> value) {
    if (value) return *std::move(value);
    out_.faults.push_back(value.error().text);
    return {};
  }

  std::vector<Ending> lists() {
    std::vector<Ending> out;
    for (const ListConfig& each : config_.lists) {
      const auto list = read(store_.list(each.name));
      if (list && is_soon(list->expires))
        out.push_back({Ending::Kind::list, list->name, list->expires,
                       counted(list->enforced, "domain") +
                           " enforced; last read or found the same " + format_time(list->fetched)});
    }
    return out;
  }

  std::vector<Ending> agreements() {
    std::vector<Ending> out;
    for (const StoredFile& file : read(store_.agreements())) {
      const auto parsed = parse_agreements(file.bytes, file.name);
      if (!parsed) continue;
      for (const auto& agreement : *parsed) {
        if (!agreement->expires || !is_soon(*agreement->expires)) continue;
        const std::size_t more = agreement->domains.size() - 1;
        out.push_back({Ending::Kind::agreement, agreement->partner, *agreement->expires,
                       (agreement->exception ? "exception for " : "on ") +
                           agreement->domains.front().key.text() + and_more(more) + ", in " +
                           agreement->position.text()});
      }
    }
    return out;
  }

  std::pair<std::vector<Ending>, std::size_t> sts_policies() {
    if (!config_.mta_sts.enabled) return {};
    auto found = read(store_.sts_ending(now_, now_ + kEndingHorizon, kMostEndings));
    std::vector<Ending> out;
    for (const StoredSts& each : found.first) {
      const StsState& state = each.state;
      if (!state.cached) continue;
      const bool fails = state.failures > 0 || state.fault_since;
      std::string text = "mode " + std::string{mode_name(state.cached->policy.mode)} + ", read " +
                         format_time(state.cached->fetched);
      text += !fails ? "; renewed before"
                     : "; cannot be renewed" +
                           (state.fault_since ? " since " + format_time(*state.fault_since) : "") +
                           ": " + state.last_error;
      out.push_back(
          {Ending::Kind::sts_policy, each.domain, state.cached->expires(), std::move(text), fails});
    }
    return {std::move(out), found.count};
  }

  std::vector<Ending> certificates() {
    std::vector<Ending> out;
    for (const auto& [key, memory] : states_.endpoints.all()) {
      const auto& seen = memory.conclusive;
      if (seen && seen->certificate_end && is_soon(*seen->certificate_end))
        out.push_back({Ending::Kind::certificate, memory.host, *seen->certificate_end,
                       "at " + memory.address + ", seen " + format_time(seen->at)});
    }
    return out;
  }

  std::vector<Ending> held() {
    std::vector<Ending> out;
    for (const HeldPolicy& each : read(store_.held_policies())) {
      const Time end = each.since + kLongestHold;
      if (!each.accepted && is_soon(end))
        out.push_back(
            {Ending::Kind::held_policy, each.domain, end,
             "by " + std::string{source_name(each.source)} +
                 ", held back for want of evidence: enforced then, if there is still none"});
    }
    return out;
  }

  std::vector<Ending> learned() {
    constexpr Seconds kUnseen = std::chrono::days{7};
    std::vector<Ending> out;
    for (const auto& [key, domain] : states_.domains) {
      const Time end = domain.supported + config_.learn.decay;
      if (domain.learned && now_ - domain.supported >= kUnseen && is_soon(end))
        out.push_back({Ending::Kind::learned, key, end,
                       "that mail to it has TLS was last seen " + format_time(domain.supported)});
    }
    return out;
  }

  const Config& config_;
  Store& store_;
  const ProbeStates& states_;
  Time now_;
  Expiring out_;
};

}  // namespace

std::string_view ending_kind_name(Ending::Kind kind) {
  switch (kind) {
    case Ending::Kind::list:
      return "list";
    case Ending::Kind::agreement:
      return "agreement";
    case Ending::Kind::sts_policy:
      return "MTA-STS policy";
    case Ending::Kind::certificate:
      return "certificate";
    case Ending::Kind::held_policy:
      return "held policy";
    case Ending::Kind::learned:
      return "learned";
  }
  return "";
}

Expiring expiring(const Config& config, Store& store, const ProbeStates& states, Time now) {
  return Collection{config, store, states, now}.take();
}

}  // namespace tlspact

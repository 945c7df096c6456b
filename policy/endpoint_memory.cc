// SPDX-License-Identifier: MIT
#include "policy/endpoint_memory.h"

#include <algorithm>

namespace tlspact {
namespace {

constexpr unsigned kMaxFailures = 16;
constexpr std::size_t kQuietAfter = 2;  ///< sightings of TLS that end an alarm

bool saw_tls(const Evidence& seen) {
  return seen.kind == EvidenceKind::positive || seen.tls.has_value();
}

/// STARTTLS was refused, or something on the way struck it out. It teaches nothing by itself,
/// because a server may be out of order for a moment; but that is also how TLS is stripped.
bool refuses_tls(const Evidence& seen) {
  return seen.kind == EvidenceKind::inconclusive && seen.stage == "starttls" &&
         (seen.outcome == "tempfail" || seen.outcome == "refused" || seen.outcome == "local");
}

void add_sighting(std::vector<Sighting>& sightings, const Sighting& seen, const LearnRules& rules) {
  const Seconds burst = rules.over / 16;
  if (!sightings.empty() && sightings.back().tls == seen.tls && burst > Seconds{0} &&
      seen.at - sightings.back().at < burst)
    return;
  sightings.push_back(seen);
  if (sightings.size() > kMaxSightings) sightings.erase(sightings.begin());
}

bool earns_confirmation(const std::vector<Sighting>& sightings, const LearnRules& rules, Time now) {
  const std::size_t looks = rules.confirmations + rules.confirmations / 2;
  const std::size_t first = sightings.size() - std::min(looks, sightings.size());
  const auto fresh_tls = [&](const Sighting& each) {
    return each.tls && now - each.at <= rules.decay;
  };
  const auto recent = std::count_if(sightings.begin() + static_cast<std::ptrdiff_t>(first),
                                    sightings.end(), fresh_tls);
  if (recent < static_cast<std::ptrdiff_t>(rules.confirmations)) return false;
  const auto oldest = std::ranges::find_if(sightings, fresh_tls);
  const auto newest = std::find_if(sightings.rbegin(), sightings.rend(), fresh_tls);
  return newest->at - oldest->at >= rules.over;
}

void settle_alarm(EndpointMemory& memory, const Evidence& seen, bool known_before) {
  if (!saw_tls(seen)) {
    if (known_before && !memory.alarm) memory.alarm = seen.at;
    return;
  }
  if (!memory.alarm) return;
  const auto& sightings = memory.sightings;
  const std::size_t first = sightings.size() - std::min(kQuietAfter, sightings.size());
  const bool quiet = std::all_of(sightings.begin() + static_cast<std::ptrdiff_t>(first),
                                 sightings.end(), [](const Sighting& each) { return each.tls; });
  if (quiet && sightings.size() >= kQuietAfter) memory.alarm.reset();
}

Time next_probe(const EndpointMemory& memory, const ProbeTimes& times, Time now) {
  constexpr Seconds kFirstRetry = std::chrono::hours{1};
  const auto jittered = [&](Seconds interval) {
    return Seconds{static_cast<Seconds::rep>(static_cast<double>(interval.count()) *
                                             (0.9 + 0.2 * times.jitter))};
  };
  if (memory.failures == 0) return now + jittered(times.interval);
  const Seconds back_off = kFirstRetry * (1U << (memory.failures - 1));
  return now + jittered(std::min(back_off, 2 * times.interval));
}

}  // namespace

EndpointMemory remember(EndpointMemory memory, const Evidence& seen, const LearnRules& rules,
                        const ProbeTimes& times) {
  const bool teaches = seen.kind != EvidenceKind::inconclusive;
  const bool known_before = did_tls(memory, rules, seen.at);
  if (memory.confirmed && !known_before) memory.confirmed.reset();
  if (teaches) {
    add_sighting(memory.sightings, {seen.at, saw_tls(seen)}, rules);
    memory.conclusive = seen;
    memory.failures = 0;
    settle_alarm(memory, seen, known_before);
    if (saw_tls(seen)) memory.did_tls = seen.at;
    if (!memory.confirmed && earns_confirmation(memory.sightings, rules, seen.at))
      memory.confirmed = seen.at;
  } else {
    const bool again = memory.last && refuses_tls(*memory.last);
    if (known_before && again && refuses_tls(seen) && !memory.alarm) memory.alarm = seen.at;
    memory.failures = std::min(memory.failures + 1, kMaxFailures);
  }
  memory.last = seen;
  memory.probe_again = next_probe(memory, times, seen.at);
  return memory;
}

bool did_tls(const EndpointMemory& memory, const LearnRules& rules, Time now) {
  return memory.alarm || (memory.did_tls && now - *memory.did_tls <= rules.decay);
}

bool is_confirmed(const EndpointMemory& memory, const LearnRules& rules, Time now) {
  return memory.confirmed && did_tls(memory, rules, now);
}

EndpointMemory accept_as_it_is(EndpointMemory memory) {
  memory.sightings.clear();
  memory.did_tls.reset();
  memory.confirmed.reset();
  memory.alarm.reset();
  return memory;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "policy/dane_memory.h"

#include <algorithm>

namespace tlspact {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Seconds kSoonest = minutes{5};
constexpr Seconds kSoonestNone = minutes{30};  // design.md section 12
constexpr Seconds kLatest = days{1};
constexpr Seconds kLatestAfterFailure = hours{1};
constexpr Seconds kOverdue = hours{1};
constexpr Seconds kForgeable = days{30};
constexpr unsigned kMaxFailures = 16;
constexpr std::size_t kMaxReason = 200;

bool has_failed(const HostLook& look) {
  return look.dane == HostDane::failed;
}

const HostMemory* find(const std::vector<HostMemory>& hosts, const std::string& host) {
  const auto found = std::ranges::find(hosts, host, &HostMemory::host);
  return found == hosts.end() ? nullptr : &*found;
}

/// The hosts of the MX set as they are known now. What failed keeps what it had.
std::vector<HostMemory> remember_hosts(const std::vector<HostMemory>& before,
                                       const DaneObservation& observation, Time now) {
  if (observation.mx == MxSource::failed) return before;
  std::vector<HostMemory> out;
  for (const HostLook& look : observation.hosts) {
    if (!has_failed(look)) {
      out.push_back({look.host, look.dane, look.addresses_secure, now, look.tlsa_at_alias});
    } else if (const HostMemory* kept = find(before, look.host)) {
      out.push_back(*kept);
    }
  }
  return out;
}

/// An observation in which hosts that failed have the last state that is fresh enough.
struct Completed {
  DaneObservation observation;
  Time oldest;            ///< of what it rests on
  bool left_out = false;  ///< a host failed and nothing fresh is kept of it
};

Completed complete(DaneObservation observation, const std::vector<HostMemory>& kept_hosts,
                   Seconds max_stale, Time now) {
  Completed out{std::move(observation), now};
  for (HostLook& look : out.observation.hosts) {
    if (!has_failed(look)) continue;
    const HostMemory* kept = find(kept_hosts, look.host);
    if (kept == nullptr || now - kept->at > max_stale) {
      out.left_out = true;
      continue;
    }
    look.dane = kept->dane;
    look.addresses_secure = kept->addresses_secure;
    out.oldest = std::min(out.oldest, kept->at);
  }
  return out;
}

/// A look that an attacker cannot have made up and that saw everything there is.
bool is_proof(const DaneObservation& seen) {
  return seen.mx_secure && seen.complete && std::ranges::none_of(seen.hosts, has_failed);
}

std::optional<Time> remember_tlsa(std::optional<Time> seen_at, const DaneObservation& seen,
                                  DaneState state, Time now) {
  const auto has_tlsa = [](const HostLook& each) {
    return each.dane == HostDane::usable || each.dane == HostDane::unusable;
  };
  if (std::ranges::any_of(seen.hosts, has_tlsa)) return now;
  if (!seen_at || state != DaneState::none) return seen_at;
  const bool long_ago = now - *seen_at > kForgeable && std::ranges::none_of(seen.hosts, has_failed);
  return is_proof(seen) || long_ago ? std::nullopt : seen_at;
}

Time next_look(const DaneObservation& seen, DaneState state, unsigned failures, Time now) {
  const Seconds soonest = state == DaneState::none ? kSoonestNone : kSoonest;
  const Seconds by_ttl = std::clamp(seen.valid_until - now, soonest, kLatest);
  if (failures == 0) return now + by_ttl;
  const Seconds back_off = std::min(kSoonest * (1U << (failures - 1)), kLatestAfterFailure);
  return now +
         (state == DaneState::unknown ? back_off : std::max(soonest, std::min(by_ttl, back_off)));
}

/// One line: what decided, first of the MX set, then of each host that failed.
std::string reason_of(const DaneObservation& seen) {
  std::string out = seen.reason;
  for (const HostLook& look : seen.hosts) {
    if (!has_failed(look) || out.size() >= kMaxReason) continue;
    if (!out.empty()) out += "; ";
    out += look.host + ": " + look.reason;
  }
  std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
  if (out.size() > kMaxReason) out.resize(kMaxReason);
  return out;
}

}  // namespace

DaneMemory remember(const DaneMemory& memory, const DaneObservation& observation, Seconds max_stale,
                    Time now) {
  const bool failed =
      observation.mx == MxSource::failed || std::ranges::any_of(observation.hosts, has_failed);
  DaneMemory out = memory;
  out.hosts = remember_hosts(memory.hosts, observation, now);
  out.failures = failed ? std::min(memory.failures + 1, kMaxFailures) : 0;
  out.looked_at = now;
  out.reason = reason_of(observation);

  const Completed completed = complete(observation, out.hosts, max_stale, now);
  // Every host failing is unknown, not what is kept of each: then decide() falls back as a whole.
  out.state = dane_state(observation) == DaneState::unknown ? DaneState::unknown
                                                            : dane_state(completed.observation);
  const bool good =
      out.state != DaneState::unknown && !(out.state == DaneState::none && completed.left_out);
  if (good) {
    out.last_good = out.state;
    out.last_good_at = completed.oldest;
  }
  out.tlsa_seen_at = remember_tlsa(memory.tlsa_seen_at, observation, out.state, now);
  out.look_again_at = next_look(observation, out.state, out.failures, now);
  return out;
}

bool look_is_due(const DaneMemory& memory, Time now) {
  return now >= memory.look_again_at || now < memory.looked_at;
}

DaneFacts facts(const DaneMemory& memory, Time now) {
  const bool overdue = now - memory.look_again_at > kOverdue;
  return {.state = overdue ? DaneState::unknown : memory.state,
          .last_good = memory.last_good,
          .last_good_at = memory.last_good_at,
          .tlsa_ever_seen = memory.tlsa_seen_at.has_value(),
          .tlsa_at_alias = std::ranges::any_of(memory.hosts, &HostMemory::tlsa_at_alias)};
}

bool says_something(const DaneFacts& facts) {
  if (facts.state != DaneState::unknown) return facts.state != DaneState::none;
  return facts.tlsa_ever_seen || (facts.last_good && *facts.last_good != DaneState::none);
}

}  // namespace tlspact

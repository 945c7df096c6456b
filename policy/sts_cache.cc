// SPDX-License-Identifier: MIT
#include "policy/sts_cache.h"

#include <algorithm>

namespace tlspact {
namespace {

constexpr Seconds kFirstWait = std::chrono::minutes{5};
constexpr Seconds kLastWait = std::chrono::hours{24};

/// 5 minutes after the first failure, doubling, at most a day (RFC 8461 section 3.3: "at least five
/// minutes").
Seconds back_off(unsigned failures) {
  constexpr unsigned kDoublings = 9;  // more than enough for a day
  const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, kDoublings);
  return std::min(kFirstWait * (1U << doublings), kLastWait);
}

/// When the policy is to be fetched anew, whatever the record says.
Time refresh_due(const CachedSts& cached, const StsTimes& times) {
  return cached.fetched + std::min(times.refresh, cached.policy.max_age / 2);
}

bool is_backing_off(const StsState& state, const std::string& id, Time now) {
  return state.retry_at && state.pending_id == id && now < *state.retry_at;
}

void forget_failures(StsState& state) {
  state.pending_id.clear();
  state.failures = 0;
  state.retry_at.reset();
  state.fault_since.reset();
  state.fault = StsFault::none;
  state.last_error.clear();
}

/// nullptr: there are none.
std::shared_ptr<const std::string> joined_lines(std::string_view text) {
  std::string out;
  for (const std::string& line : sts_policy_lines(text)) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out.empty() ? nullptr : std::make_shared<const std::string>(std::move(out));
}

}  // namespace

std::string_view sts_fault_name(StsFault fault) {
  switch (fault) {
    case StsFault::fetch_error:
      return "sts-policy-fetch-error";
    case StsFault::webpki_invalid:
      return "sts-webpki-invalid";
    case StsFault::policy_invalid:
      return "sts-policy-invalid";
    case StsFault::none:
    case StsFault::ours:
      return "";
  }
  return "";
}

StsStep after_record(StsState state, const std::optional<StsLook>& look, const StsTimes& times,
                     Time now) {
  if (look) {
    state.looked = now;
    state.failed_looks = 0;
  } else {
    ++state.failed_looks;
  }
  const bool valid = look && look->finding.outcome == StsRecordOutcome::valid;
  const bool holds = state.cached && now < state.cached->expires();
  if (!holds && !valid) {
    // Nothing is left of the policy, and without a record there is no way to another one. A failed
    // question alone leaves the memory of it, and of what went wrong.
    if (look) {
      state.cached.reset();
      forget_failures(state);
    }
    return {std::move(state), false, {}};
  }
  const std::string id = valid ? look->finding.record.id : state.cached->id;
  // Ids are compared for equality only (section 3.1).
  const bool same = holds && state.cached->id == id;
  if (same && now < refresh_due(*state.cached, times)) return {std::move(state), false, {}};
  if (is_backing_off(state, id, now)) return {std::move(state), false, {}};
  return {std::move(state), true, id};
}

StsState after_fetch(StsState state, const std::string& id, StsPolicy policy, Time now) {
  forget_failures(state);
  state.cached = CachedSts{std::move(policy), id, now};
  return state;
}

StsState after_failure(StsState state, const std::string& id, StsFault fault, std::string error,
                       Time now) {
  if (fault == StsFault::ours) {
    if (state.pending_id != id) {
      state.pending_id = id;
      state.failures = 0;
    }
    state.retry_at = now + kFirstWait;
    return state;
  }
  // Each version has a back-off of its own; how long nothing could be fetched goes on counting.
  state.failures = state.pending_id == id ? state.failures + 1 : 1;
  state.pending_id = id;
  state.retry_at = now + back_off(state.failures);
  if (!state.fault_since) state.fault_since = now;
  state.fault = fault;
  state.last_error = std::move(error);
  return state;
}

Time next_look(const StsState& state, const std::optional<StsLook>& look, const StsTimes& times,
               double jitter, Time now) {
  Seconds wait = look ? std::clamp(look->ttl, times.least_look, times.most_look)
                      : std::min(back_off(state.failed_looks), times.most_look);
  const bool has_policy = state.cached && now < state.cached->expires();
  const bool has_record = look && look->finding.outcome == StsRecordOutcome::valid;
  if (has_policy) {
    // A refresh that failed is past due: then the back-off says when.
    const Time due = refresh_due(*state.cached, times);
    if (due > now) wait = std::min(wait, due - now);
  }
  if ((has_policy || has_record) && state.retry_at && *state.retry_at > now)
    wait = std::min(wait, *state.retry_at - now);
  constexpr Seconds kLeast = std::chrono::minutes{1};
  wait = std::max(wait, kLeast);
  constexpr double kShare = 0.1;
  const auto more = static_cast<double>(wait.count()) * kShare * std::clamp(jitter, 0.0, 1.0);
  return now + wait + Seconds{static_cast<Seconds::rep>(more)};
}

std::string sts_policy_url(const Domain& domain) {
  return "https://mta-sts." + domain.text() + "/.well-known/mta-sts.txt";
}

std::optional<Candidate> sts_candidate(const StsState& state, const Domain& domain) {
  if (!state.cached) return std::nullopt;
  const StsPolicy& policy = state.cached->policy;
  Candidate out;
  out.source = Source::mta_sts;
  out.mode = policy.mode;
  if (policy.mode != Mode::none) {
    TlsPolicy tls;
    tls.level = Level::secure;
    tls.mx = policy.mx;
    tls.min_tls = TlsVersion::tls1_2;  // RFC 8461 section 7.2
    out.policy = std::make_shared<const TlsPolicy>(std::move(tls));
    out.policy_lines = joined_lines(policy.text);
  }
  out.valid_until = state.cached->expires();
  out.provenance = {.name = {},
                    .where = sts_policy_url(domain),
                    .fetched = state.cached->fetched,
                    .serial = state.cached->id};
  return out;
}

Notices sts_notices(const StsState& state, const Domain& domain, Seconds warn_before, Time now) {
  // RFC 8461 section 3.3: mode none is how a domain leaves; then its policy host may be gone.
  if (!state.cached || state.cached->policy.mode == Mode::none || !state.fault_since) return {};
  constexpr Seconds kPatience = std::chrono::hours{24};
  const Time end = state.cached->expires();
  const std::string failing = "its MTA-STS policy could not be fetched anew since " +
                              format_time(*state.fault_since) + " (" + state.last_error + ")";
  if (now >= end) {
    return {{Severity::alert, domain.text(),
             failing + " and expired at " + format_time(end) + ": it is no longer enforced"}};
  }
  // A policy that is short-lived by nature is no cause for alarm each time it is half over.
  const Seconds soon = std::min(warn_before, state.cached->policy.max_age / 4);
  if (now >= end - soon) {
    return {{Severity::alert, domain.text(),
             failing + " and expires at " + format_time(end) + ": then nothing enforces it"}};
  }
  if (now - *state.fault_since < kPatience) return {};
  return {{Severity::warning, domain.text(),
           failing + "; the one of " + format_time(state.cached->fetched) + " holds until " +
               format_time(end)}};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// StsState: what is remembered of one domain's MTA-STS, and the rules by which it changes (RFC
/// 8461 sections 3.1, 3.3, 5.1 and 10.2). All functions are pure: a state goes in, the next comes
/// out.
///
/// Not here: the questions and the fetch themselves (daemon/sources/sts_lookup.h), and who wins
/// against other sources (policy/decide.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/candidate.h"
#include "policy/notice.h"
#include "policy/sts_policy.h"
#include "policy/sts_record.h"

namespace tlspact {

/// A policy that was fetched, authenticated and understood.
struct CachedSts {
  StsPolicy policy;
  std::string id;  ///< of the record that led to it
  Time fetched;

  /// The first moment at which it no longer holds: max_age counts from the fetch (section 3.2), a
  /// record that still has the same id adds nothing.
  [[nodiscard]] Time expires() const { return fetched + policy.max_age; }

  friend bool operator==(const CachedSts&, const CachedSts&) = default;
};

/// Why a fetch failed, as TLSRPT tells it (RFC 8460 section 4.3.2.2).
enum class StsFault : std::uint8_t {
  none,
  fetch_error,     ///< sts-policy-fetch-error
  webpki_invalid,  ///< sts-webpki-invalid
  policy_invalid,  ///< sts-policy-invalid
  /// No fault of the domain's: our own CA file, or too many fetches from that address. Not counted.
  ours,
};

/// "sts-policy-fetch-error" and so on; empty for none and ours.
[[nodiscard]] std::string_view sts_fault_name(StsFault fault);

/// A default-constructed one is a domain that was never looked at: it is due at once.
struct StsState {
  std::optional<CachedSts> cached;
  std::optional<Time> looked;       ///< when a TXT answer, valid or not, came last
  unsigned failed_looks = 0;        ///< TXT questions in a row that nobody answered
  std::string pending_id;           ///< the version that could not be fetched
  unsigned failures = 0;            ///< fetches of it in a row that failed
  std::optional<Time> retry_at;     ///< it is not fetched before
  std::optional<Time> fault_since;  ///< when the first of them failed
  StsFault fault = StsFault::none;  ///< of the last
  std::string last_error;           ///< of the last, for people: one line without control bytes
  Time next_look;                   ///< when the domain is due again

  friend bool operator==(const StsState&, const StsState&) = default;
};

struct StsTimes {
  /// A policy is fetched anew as often, whatever the record says, or after half its max_age if that
  /// is less (section 10.2: about daily, so that an attacker cannot wait for its end).
  Seconds refresh = std::chrono::hours{24};
  /// Bounds of the time to the next TXT question, which otherwise follows the answer's TTL.
  Seconds least_look = std::chrono::minutes{30};
  Seconds most_look = std::chrono::hours{6};
};

/// The answer to the TXT question. nullopt in place of it: nobody answered (SERVFAIL, a timeout),
/// which says nothing about the domain.
struct StsLook {
  StsRecordFinding finding;
  Seconds ttl{0};
};

struct StsStep {
  StsState state;
  bool fetch = false;  ///< fetch the policy now, and then call after_fetch
  std::string id;      ///< for it
};

/// What to do after the TXT question.
///  - A valid record with another id than the cached policy's, or none cached: fetch, unless this
///  id
///    failed and its back-off has not passed (section 3.3).
///  - The same id: nothing, until the refresh is due.
///  - No record, several, an invalid one, or no answer: an unexpired policy stays, and is refreshed
///    when that is due (sections 3.1, 5.1, 10.2); an expired one is forgotten.
[[nodiscard]] StsStep after_record(StsState state, const std::optional<StsLook>& look,
                                   const StsTimes& times, Time now);

/// After a fetch that after_record asked for with `id`. In any mode the new policy replaces the old
/// at once, `none` too (sections 5 and 8.3).
[[nodiscard]] StsState after_fetch(StsState state, const std::string& id, StsPolicy policy,
                                   Time now);

/// The same for a fetch that failed: the cached policy stays until it expires. The same id is not
/// fetched again for 5 minutes, then 10, doubling up to a day.
[[nodiscard]] StsState after_failure(StsState state, const std::string& id, StsFault fault,
                                     std::string error, Time now);

/// When the domain is due again, to be put into `next_look`. `jitter`: 0 to 1, adds up to a tenth
/// of the wait, so that domains met together do not stay together. Never earlier than a minute.
[[nodiscard]] Time next_look(const StsState& state, const std::optional<StsLook>& look,
                             const StsTimes& times, double jitter, Time now);

/// What decide() weighs; nullopt if nothing is cached. One that has expired is given, too: decide()
/// says so. TLS 1.2 is the least (RFC 8461 section 7.2).
[[nodiscard]] std::optional<Candidate> sts_candidate(const StsState& state, const Domain& domain);

/// "https://mta-sts.DOMAIN/.well-known/mta-sts.txt" (section 3.3).
[[nodiscard]] std::string sts_policy_url(const Domain& domain);

/// What an administrator should hear: a policy that is in force, but could not be fetched anew for
/// a day or within `warn_before` its end (section 10.2), or whose end has come that way. Silent
/// while the cached mode is none (section 3.3), and for a domain that never had a policy.
[[nodiscard]] Notices sts_notices(const StsState& state, const Domain& domain, Seconds warn_before,
                                  Time now);

}  // namespace tlspact

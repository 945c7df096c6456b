// SPDX-License-Identifier: MIT
/// EndpointMemory: what is kept of one MX endpoint, a host at an address, between two looks, so
/// that a server that did TLS and now does not is known for what it may be: an attack.
///
/// The unit is the endpoint, shared by every domain whose mail goes there; see learning.h for what
/// follows for a domain.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/evidence.h"

namespace tlspact {

struct LearnRules {
  unsigned confirmations = 3;             ///< looks that saw TLS before it counts as known
  Seconds over = std::chrono::days{7};    ///< from the first of them to the last, at least
  Seconds decay = std::chrono::days{30};  ///< how long a look that saw TLS speaks
};

/// One look that teaches.
struct Sighting {
  Time at;
  bool tls = false;

  friend bool operator==(const Sighting&, const Sighting&) = default;
};

/// Of an endpoint. Sightings reach over `LearnRules::over` because those within a sixteenth of it
/// count as one.
inline constexpr std::size_t kMaxSightings = 32;

/// How long conclusive evidence is fresh.
inline constexpr Seconds kFreshEvidence = std::chrono::days{3};

/// A default one: never looked at.
struct EndpointMemory {
  std::string host;                    ///< see endpoint_host() of learning.h
  std::string address;                 ///< IPv4 or IPv6, as text
  std::optional<Evidence> last;        ///< of any kind
  std::optional<Evidence> conclusive;  ///< the last positive or negative one
  std::vector<Sighting> sightings;     ///< oldest first, at most kMaxSightings
  std::optional<Time> did_tls;         ///< when TLS was last had
  std::optional<Time> confirmed;       ///< since when TLS is known to be had; see is_confirmed()
  std::optional<Time> alarm;           ///< since when it does no TLS although it did
  unsigned failures = 0;               ///< inconclusive looks in a row; stops at 16
  Time probe_again;                    ///< when a look is due

  friend bool operator==(const EndpointMemory&, const EndpointMemory&) = default;
};

/// When the next look is due.
struct ProbeTimes {
  Seconds interval = std::chrono::hours{24};
  double jitter = 0.5;  ///< from 0 to 1: the interval becomes 0.9 to 1.1 of itself
};

/// The memory after `seen`, which is of this endpoint. Pure.
///
/// - Only positive and negative evidence teaches. Sightings of the same kind within over / 16 count
///   as one, so that a burst of looks proves no more than one.
/// - Confirmed: of the last M sightings, M = confirmations + confirmations / 2, at least
///   `confirmations` saw TLS, and the first and the last that did are `over` apart.
/// - Once confirmed, negative evidence never unlearns it: it raises the alarm. So does it where TLS
///   was had even once within `decay`. The alarm ends when the last two looks that teach saw TLS,
///   or with the operator's word: accept_as_it_is().
/// - STARTTLS that is refused or struck out in two looks in a row raises the alarm as well: that is
///   another way of stripping it.
/// - After an inconclusive look the next one is due after an hour, doubled for each in a row, but
///   not later than two intervals.
[[nodiscard]] EndpointMemory remember(EndpointMemory memory, const Evidence& seen,
                                      const LearnRules& rules, const ProbeTimes& times);

/// Whether TLS must be had there from now on rather than clear text be tried: it was had within
/// `decay`, or the alarm stands.
[[nodiscard]] bool did_tls(const EndpointMemory& memory, const LearnRules& rules, Time now);

/// Whether TLS is known to be had there: confirmed, and not decayed. It never decays under alarm.
[[nodiscard]] bool is_confirmed(const EndpointMemory& memory, const LearnRules& rules, Time now);

/// An operator says that the endpoint is in order as it is: what it did before no longer counts.
[[nodiscard]] EndpointMemory accept_as_it_is(EndpointMemory memory);

}  // namespace tlspact

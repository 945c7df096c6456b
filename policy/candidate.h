// SPDX-License-Identifier: MIT
/// Candidate: what one source says about one next-hop, ready to be weighed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy_key.h"
#include "policy/time.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// In order of rank, strongest first.
enum class Source : std::uint8_t { agreement, dane, mta_sts, list, learned };

/// "agreement", "DANE", "MTA-STS", "list", "learned".
[[nodiscard]] std::string_view source_name(Source source);

/// As MTA-STS has them (RFC 8461 section 5); lists know testing and enforce.
enum class Mode : std::uint8_t { none, testing, enforce };

[[nodiscard]] std::string_view mode_name(Mode mode);

/// What DANE says of the whole domain, over all its MX hosts.
enum class DaneState : std::uint8_t {
  full,     ///< MX RRset secure, every host has a secure address RRset and a usable TLSA
  some,     ///< a secure TLSA, usable or not, at any MX host
  unknown,  ///< the MX RRset, or all hosts, bogus or failing
  none,
};

[[nodiscard]] std::string_view dane_state_name(DaneState state);

/// What was seen now, and what to fall back on when nothing could be seen.
struct DaneFacts {
  DaneState state = DaneState::none;
  std::optional<DaneState> last_good;  ///< never unknown
  Time last_good_at;
  bool tlsa_ever_seen = false;
  bool tlsa_at_alias = false;  ///< at any MX host: see HostLook
};

/// Where a candidate comes from, for people.
struct Provenance {
  std::string name;             ///< of the list, or the partner of an agreement
  std::string where;            ///< URL, or file:line:column
  std::optional<Time> fetched;  ///< when it was last read from there
  std::string serial;           ///< the list's timestamp, the STS id, the agreement's reference
};

struct Candidate {
  Source source = Source::learned;
  /// Among lists: position in the configuration, lower wins. 0 elsewhere.
  unsigned order = 0;
  /// Agreements: the pattern that covers the next-hop. nullopt elsewhere.
  std::optional<PolicyKey> covered_by;
  Mode mode = Mode::enforce;                ///< agreements and learned evidence: always enforce
  std::shared_ptr<const TlsPolicy> policy;  ///< nullptr for DANE and for MTA-STS mode none
  /// MTA-STS: the lines of the policy as sts_policy_lines gives them, LF between them. nullptr
  /// elsewhere.
  std::shared_ptr<const std::string> policy_lines;
  DaneFacts dane;          ///< only for DANE
  bool exception = false;  ///< only for agreements
  std::optional<Time> valid_from;
  std::optional<Time> valid_until;  ///< the first moment at which it no longer holds
  /// Lists and learned evidence: why the guard holds it back, one line; empty: it does not. See
  /// enforcement_guard.h.
  std::string held;
  Provenance provenance;
};

}  // namespace tlspact

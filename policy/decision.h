// SPDX-License-Identifier: MIT
/// Decision: what holds for one next-hop, and why.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/candidate.h"

namespace tlspact {

/// What became of a candidate.
enum class Standing : std::uint8_t {
  wins,             ///< its policy is in force, perhaps with another composed into it
  composed,         ///< part of it is in force, together with the winner
  expired,          ///< its validity has ended
  not_yet_valid,    ///< its validity has not begun
  less_specific,    ///< an agreement on a more specific pattern holds
  excepted,         ///< an agreement marked as an exception is final
  weaker,           ///< the agreement is at least as strong, and nothing had to be added to it
  below_dane,       ///< every MX host is authenticated by DANE
  below_mta_sts,    ///< MTA-STS wins over a list, whatever its mode (a list preloads MTA-STS)
  below_list,       ///< an earlier list names the domain, or it is only learned evidence
  below_published,  ///< learned evidence gives way to what is published
  testing,          ///< mode testing: accounted for, never enforced
  waiting,          ///< a guard holds it back: Candidate::held
  mode_none,        ///< MTA-STS mode none: the domain asks for no policy
  no_tlsa,          ///< DANE: no MX host has a secure TLSA record
};

/// One line in words that fit behind "MTA-STS loses: ".
[[nodiscard]] std::string_view standing_text(Standing standing);

/// What an administrator should know about the outcome itself.
enum class Remark : std::uint8_t {
  /// `secure` passes over DANE on the hosts that have it, where the MTA cannot do both.
  dane_passed_over,
  /// The agreement asks for `secure` but nothing names the MX hosts or certificates (any more), so
  /// authentication would trust unsigned DNS: TLS is required, unauthenticated.
  secure_without_names,
};

struct Judged {
  Candidate candidate;
  Standing standing = Standing::weaker;
};

struct Decision {
  PolicyKey key;
  /// nullptr: no entry, the MTA's own default applies.
  std::shared_ptr<const TlsPolicy> policy;
  /// What holds for an MTA that does not do DANE: the same decision without the DANE candidates.
  /// nullptr: no entry there.
  std::shared_ptr<const TlsPolicy> policy_without_dane;
  /// What the domain publishes, whatever was agreed, for an MTA that does not do DANE; what an
  /// agreement falls back on where an MTA cannot express it. nullptr: nothing.
  std::shared_ptr<const TlsPolicy> published_without_dane;
  /// Of the MTA-STS policy that the MX set of `policy` and `policy_without_dane` comes from; see
  /// Candidate. nullptr: neither has an MX set, or it is an agreement's own, or a list's.
  std::shared_ptr<const std::string> policy_lines;
  /// Every candidate that was given, in order of rank. At most one `wins`.
  std::vector<Judged> judged;
  std::vector<Remark> remarks;
  /// The first moment at which the entry no longer holds; nullopt: until it is replaced.
  std::optional<Time> valid_until;
  /// What counted as the DANE state: an unknown one is already replaced by the last good one.
  DaneState dane = DaneState::none;
  /// The level is dane-only, and an MX host is an alias that has its TLSA records at its own name
  /// (see HostLook): not every MTA looks there, and one that does not would never deliver.
  bool tlsa_at_alias = false;

  /// nullptr if there is no entry.
  [[nodiscard]] const Candidate* winner() const {
    for (const Judged& each : judged) {
      if (each.standing == Standing::wins) return &each.candidate;
    }
    return nullptr;
  }
};

}  // namespace tlspact

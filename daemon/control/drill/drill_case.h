// SPDX-License-Identifier: MIT
/// DrillCase: one receiver that misbehaves, or behaves, and what the mail server owes it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/agreement.h"
#include "policy/snapshot.h"
#include "policy/time.h"

namespace tlspact {

/// What is wrong with the receiver, or with what DNS says of it.
enum class DrillFault : std::uint8_t {
  none,
  no_starttls,        ///< TLS is not known there
  stripped,           ///< the word STARTTLS is overwritten, as a machine on the way does it
  starttls_4xx,       ///< offered, and answered with 454
  starttls_5xx,       ///< offered, and answered with 502
  injection,          ///< a reply in clear stands behind the 220 of STARTTLS
  expired,            ///< of a trusted authority and for the right name, but over
  wrong_name,         ///< trusted, for another host
  unknown_authority,  ///< for the right name, by an authority that nobody knows
  wrong_mx,           ///< the MX record names a host that the policy does not, all else is right
  tlsa_mismatch,      ///< the TLSA record is for another key
};

enum class DrillExpectation : std::uint8_t {
  refused,    ///< nothing of the message is handed over
  delivered,  ///< under TLS
  unharmed,   ///< either, but no word in clear may count
};

/// "refused", "delivered", "refused or by TLS".
[[nodiscard]] std::string_view expectation_text(DrillExpectation expected);

/// A row of the table.
struct DrillCase {
  std::string_view name;  ///< first label of its domain
  std::string_view title;
  Level level = Level::encrypt;
  DrillFault fault = DrillFault::none;
  DrillExpectation expected = DrillExpectation::refused;
  std::string_view header = {};  ///< of the message; empty: none of its own

  /// NAME.drill.tlspact.invalid: nobody can have it (RFC 2606).
  [[nodiscard]] Domain domain() const;
  /// The MX host that the policy names.
  [[nodiscard]] Domain agreed_mx() const;
  /// The one that DNS names: another one for wrong_mx.
  [[nodiscard]] Domain mx() const;
  [[nodiscard]] std::string recipient() const { return "drill@" + domain().text(); }
  [[nodiscard]] bool needs_dane() const { return level == Level::dane_only; }
  /// What an agreement with that partner would say.
  [[nodiscard]] TlsPolicy policy() const;
};

/// All of them, in the order in which they are told.
[[nodiscard]] std::span<const DrillCase> drill_cases();

/// Those that can be tried: without DANE only those that do not need it.
[[nodiscard]] std::vector<DrillCase> drill_cases(bool with_dane);

/// The domain that all of them lie below, and senders.
[[nodiscard]] std::string_view drill_zone_name();

/// The entries of the cases, for the generators.
[[nodiscard]] Snapshot drill_snapshot(std::span<const DrillCase> cases, Time now);

/// The same as agreements, for the checks of the wiring.
[[nodiscard]] std::vector<std::shared_ptr<const Agreement>> drill_agreements(
    std::span<const DrillCase> cases);

}  // namespace tlspact

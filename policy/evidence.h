// SPDX-License-Identifier: MIT
/// Evidence: what a probe or a delivery saw of TLS at one MX host and address.
///
/// Not a judgement: what follows from several of them is learning.h's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/time.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// Only the first two teach.
enum class EvidenceKind : std::uint8_t {
  positive,      ///< it did TLS
  negative,      ///< a well-formed EHLO without STARTTLS, or TLS that cannot meet what is asked
  inconclusive,  ///< 421, greylisting, tarpit, timeout, reset, blocklist, interception on the way
};

/// "positive", "negative", "inconclusive".
[[nodiscard]] std::string_view evidence_kind_name(EvidenceKind kind);
[[nodiscard]] std::optional<EvidenceKind> parse_evidence_kind(std::string_view name);

struct Evidence {
  std::string host;     ///< the MX host, a Domain's text
  std::string address;  ///< IPv4 or IPv6, as text
  Time at;
  EvidenceKind kind = EvidenceKind::inconclusive;
  std::string stage;                    ///< where the session ended: stage_name() in smtp/
  std::string outcome;                  ///< how: outcome_class_name() in smtp/
  std::string detail;                   ///< for people, one line of printable ASCII
  std::optional<TlsVersion> tls;        ///< what was negotiated; nullopt: no handshake ended well
  bool chain_trusted = false;           ///< PKIX, with the MX host's name
  std::optional<Time> certificate_end;  ///< notAfter of the host's own certificate

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Evidence: what a probe or a delivery saw of TLS at one MX host and address.
///
/// Not a judgement: what follows from several of them is learning.h's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

inline constexpr std::size_t kMaxEvidenceNames = 10;

struct Evidence {
  std::string host;     ///< the MX host: see endpoint_host() of learning.h
  std::string address;  ///< IPv4 or IPv6, as text
  Time at;
  EvidenceKind kind = EvidenceKind::inconclusive;
  std::string stage;                    ///< where the session ended: stage_name() in smtp/
  std::string outcome;                  ///< how: outcome_class_name() in smtp/
  std::string detail;                   ///< for people, one line of printable ASCII
  std::optional<TlsVersion> tls;        ///< what was negotiated; nullopt: no handshake ended well
  bool chain_trusted = false;           ///< PKIX, names apart
  bool names_host = false;              ///< the certificate is for the MX host
  std::optional<bool> dane;             ///< a TLSA record matched; nullopt: none was to be had
  std::optional<Time> certificate_end;  ///< notAfter of the host's own certificate
  std::string certificate_sha256;       ///< of that certificate, lower-case hex; empty: none
  std::string public_key_sha256;        ///< of its SubjectPublicKeyInfo
  std::vector<std::string> names;       ///< DNS names in it, kMaxEvidenceNames at most

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// TlsaRecord: one TLSA record, and whether SMTP can authenticate by it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// RFC 6698 section 2.1. Any values: whether they mean something for SMTP is tlsa_usability()'s.
struct TlsaRecord {
  std::uint8_t usage = 0;          ///< 2: DANE-TA, 3: DANE-EE (RFC 7218)
  std::uint8_t selector = 0;       ///< 0: the certificate, 1: its public key (SPKI)
  std::uint8_t matching_type = 0;  ///< 0: the whole, 1: SHA2-256, 2: SHA2-512
  std::string data;                ///< the certificate association data, as bytes; may be empty

  /// From RDATA as on the wire. An Error if it ends before the data would begin.
  [[nodiscard]] static Result<TlsaRecord> parse(std::string_view rdata);

  /// As in a zone file, "3 1 1 ab12…": digests whole, of longer data the beginning and the size.
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const TlsaRecord&, const TlsaRecord&) = default;
};

/// Whether a record can authenticate an SMTP server, and if not why. A record that cannot is not
/// as good as none: it is a promise of TLS (RFC 7672 section 2.2).
enum class TlsaUsability : std::uint8_t {
  usable,
  pkix_usage,             ///< PKIX-TA(0), PKIX-EE(1): RFC 7672 section 3.1.3
  unknown_usage,          ///< above 3, PrivCert too
  unknown_selector,       ///< above 1
  unknown_matching_type,  ///< above 2
  digest_length,          ///< not the 32 or 64 bytes of its digest
  not_a_certificate,      ///< x 0 0 with something else
  not_a_public_key,       ///< x 1 0 with something else
};

/// A certificate and a public key are judged by their outer DER alone, because nothing here has a
/// crypto library: definite and shortest lengths, nothing behind, and the right elements inside.
///
///   Certificate (RFC 5280 section 4.1)      SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }
///   SubjectPublicKeyInfo (section 4.1.2.7)  SEQUENCE { SEQUENCE { OID … }, BIT STRING }
///
/// So a key is never taken for a certificate, nor the other way round. What passes and still is no
/// certificate matches no server: the delivery is put off, never weakened.
[[nodiscard]] TlsaUsability tlsa_usability(const TlsaRecord& record);

/// For people: "usable", "unknown usage".
[[nodiscard]] std::string_view tlsa_usability_text(TlsaUsability usability);

/// What remains of a set for authentication: the usable records, and of the digests for one usage
/// and selector only the strongest (RFC 7671 section 9, RFC 7672 section 5). Whole data (matching
/// type 0) always stays. An unusable record displaces none. The order is kept.
[[nodiscard]] std::vector<TlsaRecord> tlsa_to_match(const std::vector<TlsaRecord>& records);

}  // namespace tlspact

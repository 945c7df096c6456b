// SPDX-License-Identifier: MIT
/// TlsPolicy: how strict TLS must be towards one next-hop, in words that belong to no MTA.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/mx_pattern.h"

namespace tlspact {

/// The levels of Postfix (smtp_tls_security_level), in that order.
enum class Level : std::uint8_t {
  none,         ///< no TLS
  may,          ///< TLS if offered, unauthenticated
  encrypt,      ///< TLS required, unauthenticated
  dane,         ///< authenticated where a host has TLSA records, else as may (RFC 7672)
  dane_only,    ///< authenticated by TLSA, or the mail waits
  fingerprint,  ///< authenticated by a pinned certificate or key
  secure,       ///< authenticated by PKIX and a name that does not come from unsigned DNS
};

/// "dane-only" and so on.
[[nodiscard]] std::string_view level_name(Level level);
[[nodiscard]] std::optional<Level> parse_level(std::string_view name);

/// dane-only, fingerprint and secure: the peer is authenticated or the mail waits.
[[nodiscard]] constexpr bool is_authenticated(Level level) {
  return level >= Level::dane_only;
}

/// none < may < dane < encrypt < the authenticated levels, which are equal to each other.
[[nodiscard]] std::strong_ordering compare_strength(Level a, Level b);

enum class TlsVersion : std::uint8_t { tls1_0, tls1_1, tls1_2, tls1_3 };

/// "TLSv1.2" and so on ("TLSv1" for 1.0).
[[nodiscard]] std::string_view tls_version_name(TlsVersion version);
[[nodiscard]] std::optional<TlsVersion> parse_tls_version(std::string_view name);

/// Postfix's grades; each MTA has its own list of ciphers for them.
enum class CipherGrade : std::uint8_t { medium, high };

[[nodiscard]] std::string_view cipher_grade_name(CipherGrade grade);
[[nodiscard]] std::optional<CipherGrade> parse_cipher_grade(std::string_view name);

/// A SHA-256 digest that pins what a server presents.
struct Fingerprint {
  enum class Of : std::uint8_t { certificate, public_key };
  Of of = Of::certificate;
  std::array<std::uint8_t, 32> sha256{};

  /// Reads "sha256:<64 hex digits>" (certificate) and "spki-sha256:<64 hex digits>" (public key);
  /// colons between the bytes are allowed.
  [[nodiscard]] static Result<Fingerprint> parse(std::string_view text);

  /// The digest, 64 lower-case digits.
  [[nodiscard]] std::string hex() const;

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

/// A value. Two policies with equal fields are the same policy. The SNI is always the MX host's
/// name (RFC 8461 section 7.1), or the TLSA base domain where DANE is used (RFC 7672 section 8.1).
struct TlsPolicy {
  Level level = Level::may;
  /// With level encrypt or secure: DANE on the MX hosts that have TLSA records, the level on the
  /// others. Exim can do that, Postfix cannot and keeps the level.
  bool dane_where_present = false;
  std::vector<MxPattern> mx;                 ///< empty: any MX host
  std::vector<MxPattern> certificate_names;  ///< empty: the MX host's name
  std::string ca_file;                       ///< PEM, absolute path; empty: the system's store
  std::vector<Fingerprint> pins;             ///< any one of them suffices
  std::optional<TlsVersion> min_tls;         ///< nullopt: the MTA's default
  std::optional<CipherGrade> ciphers;        ///< nullopt: the MTA's default
  std::string client_certificate;            ///< PEM, absolute path; empty: none is presented
  std::string client_key;                    ///< PEM, absolute path

  friend bool operator==(const TlsPolicy&, const TlsPolicy&) = default;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// HostPolicy: what TLS must be like towards one MX host, after DNS: a TlsPolicy, which is for a
/// whole next-hop, applied to one of its hosts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/domain.h"
#include "policy/mx_pattern.h"
#include "policy/tls_policy.h"
#include "policy/tlsa_record.h"
#include "smtp/mx_lookup.h"

namespace tlspact {

enum class TlsDemand : std::uint8_t {
  none,           ///< in clear
  opportunistic,  ///< RFC 7435: TLS if it is offered, with anybody
  encrypted,      ///< TLS, with anybody
  dane,           ///< one of the TLSA records matches (RFC 7672)
  pkix,           ///< a trusted chain, and one of the names
  pinned,         ///< one of the fingerprints matches
};

/// "opportunistic" and so on.
[[nodiscard]] std::string_view tls_demand_name(TlsDemand demand);
[[nodiscard]] std::optional<TlsDemand> parse_tls_demand(std::string_view name);

[[nodiscard]] constexpr bool requires_tls(TlsDemand demand) {
  return demand >= TlsDemand::encrypted;
}
[[nodiscard]] constexpr bool authenticates(TlsDemand demand) {
  return demand >= TlsDemand::dane;
}

struct HostPolicy {
  TlsDemand demand = TlsDemand::opportunistic;
  std::string sni;  ///< the TLSA base domain with `dane`, else the MX host; empty: none
  /// With `dane`: the secure RRset, unusable records too.
  std::vector<TlsaRecord> tlsa;
  /// What the certificate must name. With `dane` for DANE-TA (RFC 7672 section 3.2.2); with `pkix`
  /// any one of them; a pattern is met by the same wildcard too.
  std::vector<MxPattern> names;
  std::vector<Fingerprint> pins;
  std::string ca_file;                 ///< PEM; empty: the system's store
  std::optional<TlsVersion> min_tls;   ///< nullopt: 1.2 if the host is authenticated, else 1.0
  std::optional<CipherGrade> ciphers;  ///< nullopt: medium
  std::string client_certificate;      ///< PEM file; empty: none is presented
  std::string client_key;              ///< PEM file
  std::string reason;                  ///< for people, one line: why this and nothing else

  friend bool operator==(const HostPolicy&, const HostPolicy&) = default;
};

/// Why a host must not be used at all.
struct HostRefused {
  enum class Why : std::uint8_t {
    not_named,   ///< no MX pattern of the policy covers it (RFC 8461 section 4.1)
    no_tlsa,     ///< dane-only, and it has no usable TLSA record
    dns_failed,  ///< its TLSA or address answers failed, and DANE matters (RFC 7672 section 2.1.1)
  };
  Why why = Why::not_named;
  std::string text;  ///< for people, one line
};

/// `policy` nullptr: no entry, TLS is opportunistic. Pure.
///
/// A DANE host is authenticated by DANE even where the MX answer is unsigned: an attacker gains
/// nothing by it (RFC 7672 section 2.2.1 leaves that open); the next-hop's own name then is no
/// reference name.
[[nodiscard]] std::expected<HostPolicy, HostRefused> host_policy(const TlsPolicy* policy,
                                                                 const MxHost& host,
                                                                 const MxLookup& lookup,
                                                                 const Domain& next_hop);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// DaneObservation: what one look at a next-hop's MX hosts and their TLSA records saw, and the
/// DaneState that follows (design: docs/decision.md, "How the DANE state comes about").
///
/// Not the look itself, which is look_up_mx() in smtp/; nor what is kept between looks, which is
/// DaneMemory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/candidate.h"

namespace tlspact {

/// Of one MX host.
enum class HostDane : std::uint8_t {
  usable,    ///< a secure TLSA RRset with a record to authenticate by
  unusable,  ///< secure, but no such record: TLS is required, unauthenticated (RFC 7672
             ///< section 2.2)
  none,      ///< no TLSA, or nothing that is secure
  failed,    ///< bogus, SERVFAIL, no answer: nothing is known
};

/// "usable TLSA", "unusable TLSA", "no TLSA", "failed".
[[nodiscard]] std::string_view host_dane_text(HostDane dane);

/// Where the hosts come from.
enum class MxSource : std::uint8_t {
  records,         ///< an MX RRset
  implicit,        ///< no MX records: the domain is its own host (RFC 5321 section 5.1)
  configured,      ///< a next-hop in brackets: the host itself, nothing is asked
  null_mx,         ///< the domain takes no mail (RFC 7505)
  no_such_domain,  ///< NXDOMAIN
  failed,          ///< bogus, SERVFAIL, no answer: nothing is known
};

struct HostLook {
  std::string host;  ///< a Domain's text
  HostDane dane = HostDane::failed;
  bool addresses_secure = false;
  std::string tlsa_base;  ///< the TLSA base domain (RFC 7672 section 2.2.3); empty without TLSA
  /// The host is an alias, and its TLSA records are at its own name, not at the end of the chain
  /// (RFC 7672 section 2.2.2): a client that looks at the end alone finds none.
  bool tlsa_at_alias = false;
  std::string reason;  ///< for people, one line: why it is what it is

  friend bool operator==(const HostLook&, const HostLook&) = default;
};

struct DaneObservation {
  MxSource mx = MxSource::failed;
  /// Whether the answer to the MX question, also a denial, is secure. True for a configured host:
  /// the operator named it (RFC 7672 section 2.2.1).
  bool mx_secure = false;
  /// False if an MX host was left out: beyond the first ten, or with a name that is none.
  bool complete = true;
  std::vector<HostLook> hosts;  ///< by preference, each name once, at most kMaxMxHosts
  std::string reason;  ///< for people, one line: of a failure, what was left out, or why no host
  Time valid_until;    ///< by the TTLs of what was seen; of no use after a failure
};

/// design.md section 15: more MX hosts than these are not looked at, and prevent `full`.
inline constexpr std::size_t kMaxMxHosts = 10;

/// What was seen without any memory: a host that failed is not counted but prevents `full`.
///
///   unknown  the MX question failed, or every host
///   full     MX secure and complete; every host has secure addresses and usable TLSA
///   some     a TLSA, usable or not, at any host, whether MX is secure or not
///   none     else; also null MX, no such domain, no host left
///
/// An attacker who answers an unsigned MX question with a host of his own signed zone gets `some`
/// and never `full`: it displaces no enforced MTA-STS policy (RFC 8461 section 2).
[[nodiscard]] DaneState dane_state(const DaneObservation& observation);

}  // namespace tlspact

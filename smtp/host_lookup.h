// SPDX-License-Identifier: MIT
/// look_up_host(): the addresses and the TLSA records of one host that mail can be sent to.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/dane_observation.h"
#include "policy/tlsa_record.h"
#include "smtp/resolver.h"

namespace tlspact {

/// design.md section 15: of more, the first ones are used.
inline constexpr std::size_t kMaxAddresses = 16;
inline constexpr std::size_t kMaxTlsa = 64;

/// What a TTL is cut to, and what stands where there was no answer with one.
inline constexpr Seconds kLongestTtl = std::chrono::days{7};

struct HostLookup {
  /// IPv6 and IPv4 in turn, in the order of the answers. Empty: there are none, or `failed`.
  std::vector<boost::asio::ip::address> addresses;
  bool addresses_secure = false;  ///< those of either family that has any
  Seconds addresses_ttl = kLongestTtl;

  HostDane dane = HostDane::failed;
  /// Where the TLSA records are: the name to send as SNI and to check (RFC 7672 sections 8.1,
  /// 3.2.2). Empty unless usable or unusable.
  std::string tlsa_base;
  bool tlsa_at_alias = false;      ///< see HostLook
  std::vector<TlsaRecord> tlsa;    ///< the secure RRset, unusable ones too; tlsa_to_match() chooses
  Seconds tlsa_ttl = kLongestTtl;  ///< of the answers about TLSA, denials too
  std::string reason;              ///< for people, one line: why there is no usable TLSA
};

/// At most two questions at once and four one after the other. With `failed` the host must not be
/// delivered to (RFC 7672 section 2.1.1), even if it has addresses; the next MX host may be.
[[nodiscard]] boost::asio::awaitable<HostLookup> look_up_host(Resolver& resolver, Domain host,
                                                              std::uint16_t port);

}  // namespace tlspact

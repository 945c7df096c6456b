// SPDX-License-Identifier: MIT
/// look_up_mx(): the hosts that mail for a next-hop goes to, with what DNSSEC says of them.
///
/// Not a delivery plan: hosts of equal preference stand in the order of their names, and choosing
/// among them at random (RFC 5321 section 5.1) is the delivery's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/dane_observation.h"
#include "policy/policy_key.h"
#include "smtp/host_lookup.h"
#include "smtp/resolver.h"

namespace tlspact {

struct MxHost {
  Domain name;
  std::uint16_t preference = 0;
  HostLookup found;
};

struct MxLookup {
  MxSource source = MxSource::failed;
  /// Whether the answer to the MX question, also a denial, is secure; true for `configured`.
  bool secure = false;
  /// Where CNAMEs of the domain lead: a reference name beside it (RFC 7672 section 3.2.2).
  std::string canonical_name;
  /// By preference and name, each name once with its best preference, at most kMaxMxHosts.
  std::vector<MxHost> hosts;
  /// Why MX records were left out whose exchange is not a host name: an address, an underscore, a
  /// single label, a malformed record. One line each, at most ten. A root exchange beside others
  /// names no host and is not told.
  std::vector<std::string> bad_exchanges;
  std::size_t beyond_limit = 0;  ///< MX hosts after the first kMaxMxHosts: not looked at
  Seconds mx_ttl = kLongestTtl;  ///< of the answer to the MX question, also a denial
  std::string reason;            ///< of a failed MX question, for people: one line
};

struct MxLookupOptions {
  std::uint16_t port = 25;  ///< of a next-hop that does not name one
};

/// Asks for MX, then for every host at the same time its addresses and TLSA (look_up_host()).
/// `next_hop` is not a parent pattern: std::logic_error. A bracketed one has no MX lookup. Ends
/// when the resolver's deadlines have: five questions one after the other at most.
[[nodiscard]] boost::asio::awaitable<MxLookup> look_up_mx(Resolver& resolver, PolicyKey next_hop,
                                                          MxLookupOptions options = {});

/// What the lookup says about DANE. Pure. It holds until the first TTL of the MX and TLSA answers
/// ends; those of addresses, which are often minutes, do not count: only their security does.
[[nodiscard]] DaneObservation dane_observation(const MxLookup& lookup, Time now);

}  // namespace tlspact

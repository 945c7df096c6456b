// SPDX-License-Identifier: MIT
/// acme.example as a script of DNS answers, and the walk through it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "smtp/mx_lookup.h"
#include "tests/support/policies.h"
#include "tests/support/scripted_resolver.h"

namespace tlspact::test {

inline constexpr auto kSecure = DnsSecurity::secure;
inline constexpr auto kInsecure = DnsSecurity::insecure;
inline constexpr auto kBogus = DnsSecurity::bogus;
inline constexpr auto kNoData = DnsOutcome::no_data;
inline constexpr auto kNxDomain = DnsOutcome::nx_domain;

inline const std::string kMx1 = "mx1.acme.example";
inline const std::string kMx2 = "mx2.acme.example";
inline const std::string kTlsa1 = "_25._tcp.mx1.acme.example";
inline const std::string kTlsa2 = "_25._tcp.mx2.acme.example";

inline MxLookup walk(Resolver& resolver, const std::string& next_hop,
                     MxLookupOptions options = {}) {
  boost::asio::io_context io;
  MxLookup out;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, look_up_mx(resolver, key(next_hop), options),
                        [&](std::exception_ptr thrown, MxLookup lookup) {
                          failure = thrown;
                          out = std::move(lookup);
                        });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return out;
}

/// acme.example with one MX host, mx1, whose TLSA is at the usual place; then what a test changes.
class Acme : public ScriptedResolver {
 public:
  explicit Acme(DnsSecurity mx = kSecure, DnsSecurity addresses = kSecure) {
    on("acme.example", RecordType::mx, records(mx, {wire_mx(10, kMx1)}));
    address(kMx1, addresses);
    tlsa(records(kSecure, {wire_tlsa()}));
  }
  Acme& tlsa(DnsAnswer answer) {
    on(kTlsa1, RecordType::tlsa, std::move(answer));
    return *this;
  }
  Acme& exchanges(const std::vector<std::string>& rdata) {
    on("acme.example", RecordType::mx, records(kSecure, rdata));
    return *this;
  }
  HostLookup host() { return walk(*this, "acme.example").hosts.at(0).found; }
};

inline DaneState state_of(Resolver& resolver, const std::string& next_hop = "acme.example") {
  return dane_state(dane_observation(walk(resolver, next_hop), now()));
}

}  // namespace tlspact::test

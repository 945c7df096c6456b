// SPDX-License-Identifier: MIT
/// Whether validation can work with the name servers that there are; asked once, at start-up.
///
/// A home router that drops signatures would otherwise make every signed domain a failure.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/dns/dns_options.h"
#include "policy/result.h"
#include "smtp/resolver.h"

namespace tlspact {

enum class DnssecSupport : std::uint8_t {
  works,            ///< the root's keys and a denial validate
  no_trust_anchor,  ///< none is configured
  servers_unreachable,
  servers_strip_dnssec,  ///< answers come without signatures or without proof of what is not there
  clock_wrong,           ///< the root's signatures hold, but not now
  anchor_mismatch,       ///< the root's keys are not those of the trust anchor
};

struct DnssecSelfTest {
  DnssecSupport support = DnssecSupport::servers_unreachable;
  /// One line for people, cause and remedy. Empty if all is well; with `works` it can say that TCP
  /// does not.
  std::string text;
};

/// Asks `resolver`, which was made with `options` on the same executor, and, to tell a failure's
/// cause or whether TCP works, the servers themselves. Never throws. At most three times the
/// deadline of the options.
[[nodiscard]] boost::asio::awaitable<DnssecSelfTest> test_dnssec(Resolver& resolver,
                                                                 const DnsOptions& options);

struct TestedResolver {
  std::unique_ptr<Resolver> resolver;
  DnssecSelfTest self_test;
};

/// The resolver for one run of the program.
///
/// If validation works, it validates. It does, too, with servers that cannot be reached: whoever
/// can cut them off for a moment must not switch DANE off for the run. Otherwise everything is
/// `insecure`, so that there is no DANE but the rest works; the caller says `self_test.text`, once.
/// The errors are those of UnboundResolver::make().
[[nodiscard]] boost::asio::awaitable<Result<TestedResolver>> make_resolver(DnsOptions options);

}  // namespace tlspact

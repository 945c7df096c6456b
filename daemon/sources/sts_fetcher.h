// SPDX-License-Identifier: MIT
/// StsFetcher: fetches MTA-STS policies from policy hosts (RFC 8461 section 3.3).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/sources/places.h"
#include "policy/domain.h"
#include "policy/sts_cache.h"

namespace tlspact {

struct StsFetchOptions {
  std::uint16_t port = 443;
  /// For one policy, from the first connection on. Waiting for a place may take as long again.
  std::chrono::milliseconds timeout = std::chrono::seconds{60};
  bool private_addresses = false;  ///< true: policy hosts may have any address
  std::string ca_file;             ///< PEM; empty: the system's store
  std::size_t at_once = 64;
  /// At once from one address: a hoster of thousands of domains is not overrun, and one that drips
  /// does not hold up the others.
  std::size_t per_address = 4;
  /// Whether this machine has IPv6: where it has none, AAAA records of a policy host are asked for
  /// only if the host has no A records. Asked at most once a minute. Empty: as if it had.
  std::function<bool()> has_ipv6;
};

struct StsFetchFault {
  StsFault fault = StsFault::fetch_error;
  std::string text;  ///< for people: the URL and what went wrong, one line without control bytes
};

using StsFetched = std::expected<StsPolicy, StsFetchFault>;

/// For one thread, that of the executor; must outlive the fetches that it awaits. No cache.
///
/// Accepted: status 200 only, no redirect (section 3.3), Content-Type text/plain, a whole body of
/// at most 64 KiB that is a policy; over TLS 1.2 or later with a certificate for mta-sts.DOMAIN.
/// HTTP caching is ignored both ways.
class StsFetcher {
 public:
  StsFetcher(boost::asio::any_io_executor executor, StsFetchOptions options);

  /// `addresses`: of mta-sts.DOMAIN, at most 16 are tried, those that are not public never (unless
  /// allowed). Throws only if it is cancelled.
  [[nodiscard]] boost::asio::awaitable<StsFetched> fetch(
      Domain domain, std::vector<boost::asio::ip::address> addresses);

  /// What `has_ipv6` of the options said within the last minute.
  [[nodiscard]] bool has_ipv6();

 private:
  using Context = std::shared_ptr<boost::asio::ssl::context>;
  /// Read anew every hour: certificates are withdrawn from a system's store, too.
  [[nodiscard]] Result<Context> context();
  [[nodiscard]] boost::asio::awaitable<StsFetched> fetch_from(
      Domain domain, std::vector<boost::asio::ip::address> addresses);

  StsFetchOptions options_;
  Places by_address_;
  Places all_;
  Context context_;
  std::chrono::steady_clock::time_point context_made_;
  bool has_ipv6_ = true;
  std::chrono::steady_clock::time_point has_ipv6_until_;
};

}  // namespace tlspact

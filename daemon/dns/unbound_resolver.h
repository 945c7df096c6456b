// SPDX-License-Identifier: MIT
/// UnboundResolver: the Resolver of the product, libunbound in event mode on Asio.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "daemon/dns/dns_options.h"
#include "policy/result.h"
#include "smtp/resolver.h"

namespace tlspact {

/// Caches, validates, and joins equal questions into one. What unbound_context.h decides holds.
///
/// - Every question ends, at the latest at DnsOptions::deadline, as `failed`; the work for it may
///   go on in libunbound, and fills the cache.
/// - A cancelled co_await ends as `failed`, too; nothing is thrown.
/// - Answers out of the cache come without a suspension.
/// - Without a trust anchor the security is `insecure` for every answer, and `indeterminate` for
///   every failure.
/// - A denial is kept for an hour at most, an answer for a day, a failure by nobody but libunbound
///   (seconds, a bogus answer a minute).
///
/// One thread: the one that runs `executor`. Questions that are open when it is destroyed end as
/// `failed`, through the executor. With no question open it holds no work there: run() returns.
class UnboundResolver : public Resolver {
 public:
  /// The errors are those of make_unbound_context().
  [[nodiscard]] static Result<std::unique_ptr<UnboundResolver>> make(
      const boost::asio::any_io_executor& executor, const DnsOptions& options);
  ~UnboundResolver() override;
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;
  UnboundResolver(UnboundResolver&&) = delete;
  UnboundResolver& operator=(UnboundResolver&&) = delete;

  [[nodiscard]] boost::asio::awaitable<DnsAnswer> query(std::string name, RecordType type) override;

  /// How many questions libunbound works on: at most DnsOptions::max_queries.
  [[nodiscard]] std::size_t in_flight() const;

 private:
  class Core;
  explicit UnboundResolver(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;
};

}  // namespace tlspact

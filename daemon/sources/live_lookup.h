// SPDX-License-Identifier: MIT
/// LiveLookup: what one next-hop publishes, looked up the moment that mail goes there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <random>

#include "daemon/config/config.h"
#include "daemon/sources/sts_fetcher.h"
#include "daemon/store/stored_lookups.h"
#include "policy/policy_key.h"
#include "smtp/resolver.h"

namespace tlspact {

/// What is known of it before, from the store; nothing: it was never met.
struct KnownStates {
  std::optional<StoredDane> dane;
  std::optional<StoredSts> sts;
};

struct LiveFinding {
  StoredCorrespondent correspondent;
  std::optional<StoredDane> dane;
  std::optional<StoredSts> sts;
  bool says_something = false;  ///< a policy may follow from it
  Time none_until;              ///< else: until when that is believed, 30 minutes at least
};

/// For one thread, that of the executor. Its resolver is made at the first look-up, and anew every
/// hour, so that a change of resolv.conf or of the trust anchor is followed.
class LiveLookup {
 public:
  LiveLookup(boost::asio::any_io_executor executor, std::shared_ptr<const Config> config);

  /// Looks up DANE and MTA-STS at the same time, as far as they are configured. nullopt: no name
  /// server answers, or validation cannot be set up: that is no news about a next-hop. Ends by the
  /// deadlines of [dns] and [mta_sts].
  [[nodiscard]] boost::asio::awaitable<std::optional<LiveFinding>> look_up(PolicyKey key,
                                                                           KnownStates known);

 private:
  [[nodiscard]] boost::asio::awaitable<bool> prepare();
  [[nodiscard]] boost::asio::awaitable<bool> make();
  [[nodiscard]] boost::asio::awaitable<void> look_up_dane(PolicyKey key, LiveFinding& finding);
  [[nodiscard]] boost::asio::awaitable<void> look_up_policy(PolicyKey key, LiveFinding& finding);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<const Config> config_;
  std::shared_ptr<Resolver> resolver_;
  std::chrono::steady_clock::time_point made_;
  std::shared_ptr<boost::asio::steady_timer> being_made_;  ///< rings when that has ended
  std::chrono::steady_clock::time_point failed_;
  bool validates_ = false;
  std::shared_ptr<StsFetcher> fetcher_;
  std::mt19937 random_;
};

}  // namespace tlspact

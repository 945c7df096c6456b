// SPDX-License-Identifier: MIT
#include "daemon/sources/live_lookup.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/dns/dnssec_self_test.h"
#include "daemon/sources/lookup_settings.h"
#include "daemon/sources/sts_lookup.h"
#include "policy/dane_memory.h"
#include "smtp/mx_lookup.h"
#include "smtp/side_by_side.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::hours kResolverAge{1};
constexpr std::chrono::seconds kPauseAfterFailure{5};
constexpr Seconds kLeastNone = std::chrono::minutes{30};

}  // namespace

LiveLookup::LiveLookup(asio::any_io_executor executor, std::shared_ptr<const Config> config)
    : executor_(std::move(executor)), config_(std::move(config)), random_(std::random_device{}()) {}

/// By the first that comes; the others wait for it, and nobody tries at once what has just failed.
asio::awaitable<bool> LiveLookup::prepare() {
  if (resolver_ && Steady::now() - made_ < kResolverAge) co_return true;
  if (being_made_) {
    const std::shared_ptr<asio::steady_timer> bell = being_made_;
    boost::system::error_code rung;
    co_await bell->async_wait(asio::redirect_error(asio::use_awaitable, rung));
    co_return resolver_ != nullptr;
  }
  if (failed_ != Steady::time_point{} && Steady::now() - failed_ < kPauseAfterFailure)
    co_return false;
  being_made_ = std::make_shared<asio::steady_timer>(executor_, Steady::time_point::max());
  const bool made = co_await make();
  if (!made) failed_ = Steady::now();
  std::exchange(being_made_, nullptr)->cancel();
  co_return made;
}

asio::awaitable<bool> LiveLookup::make() {
  const DnsOptions options = source_dns_options(*config_);
  auto made = co_await make_resolver(options);
  if (!made || made->self_test.support == DnssecSupport::servers_unreachable) co_return false;
  resolver_ = std::move(made->resolver);
  validates_ = made->self_test.support == DnssecSupport::works;
  made_ = Steady::now();
  fetcher_ = std::make_shared<StsFetcher>(executor_, sts_fetch_options(*config_));
  co_return true;
}

asio::awaitable<std::optional<LiveFinding>> LiveLookup::look_up(PolicyKey key, KnownStates known) {
  const bool ready = co_await prepare();
  if (!ready) co_return std::nullopt;
  const Time now = clock_now();
  LiveFinding finding;
  finding.correspondent = {key.text(), now, now, "a live lookup"};
  finding.dane = std::move(known.dane);
  finding.sts = std::move(known.sts);
  finding.none_until = now + std::chrono::hours{6};
  std::vector<asio::awaitable<void>> looks;
  if (config_->dane.enabled && validates_) looks.push_back(look_up_dane(key, finding));
  if (config_->mta_sts.enabled) looks.push_back(look_up_policy(key, finding));
  co_await side_by_side(std::move(looks));
  finding.none_until = std::max(finding.none_until, now + kLeastNone);
  co_return std::move(finding);
}

asio::awaitable<void> LiveLookup::look_up_dane(PolicyKey key, LiveFinding& finding) {
  const std::shared_ptr<Resolver> resolver = resolver_;
  const std::string text = key.text();
  const MxLookup lookup = co_await look_up_mx(*resolver, std::move(key));
  const Time now = clock_now();
  DaneMemory before;
  if (finding.dane) {
    if (auto memory = decode_dane_memory(finding.dane->memory)) before = *std::move(memory);
  }
  const DaneMemory memory =
      remember(before, dane_observation(lookup, now), config_->dns.max_stale, now);
  finding.dane = StoredDane{text, encode_dane_memory(memory), memory.look_again_at};
  finding.says_something = finding.says_something || says_something(facts(memory, now));
  finding.none_until = std::min(finding.none_until, memory.look_again_at);
}

asio::awaitable<void> LiveLookup::look_up_policy(PolicyKey key, LiveFinding& finding) {
  const std::shared_ptr<Resolver> resolver = resolver_;
  const std::shared_ptr<StsFetcher> fetcher = fetcher_;
  const Domain& domain = key.domain();
  StsState before;
  if (finding.sts) before = finding.sts->state;
  StsTimes times;
  times.refresh = config_->mta_sts.refresh;
  const double jitter = std::uniform_real_distribution<double>{}(random_);
  StsClock clock = clock_now;
  StsLookedUp found = co_await look_up_sts(domain, std::move(before), *resolver, *fetcher, times,
                                           std::move(clock), jitter);
  finding.says_something = finding.says_something || found.state.cached.has_value();
  finding.none_until = std::min(finding.none_until, found.state.next_look);
  finding.sts = StoredSts{domain.text(), std::move(found.state)};
}

}  // namespace tlspact

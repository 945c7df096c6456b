// SPDX-License-Identifier: MIT
#include "daemon/sources/domain_lookups.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

#include "daemon/dns/dnssec_self_test.h"
#include "daemon/sources/sts_lookup.h"
#include "smtp/mx_lookup.h"
#include "smtp/side_by_side.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

/// So many look-ups in a row that nobody answers are a fault of the name servers, not of so many
/// domains.
constexpr std::size_t kAllFailing = 256;
constexpr std::size_t kBatch = 500;

/// One run: workers take one domain after the other.
class Run {
 public:
  Run(const LookupWork& work, const LookupOptions& options, PublishedStates& states)
      : work_(work), options_(options), states_(states), random_(std::random_device{}()) {}

  Notices run() {
    asio::io_context io;
    const std::stop_callback stop{options_.stop, [&io] { io.stop(); }};
    asio::co_spawn(io, all(), asio::detached);
    io.run();
    resolver_.reset();
    if (options_.stop.stop_requested()) {  // what is suspended ends with the event loop
      flush();
      return std::move(notices_);
    }
    io.restart();
    io.run();  // what the resolver's end leaves to do
    return std::move(notices_);
  }

 private:
  asio::awaitable<void> all() {
    const bool ready = co_await prepare();
    if (!ready) co_return;
    const auto executor = co_await asio::this_coro::executor;
    StsFetcher fetcher{executor, options_.fetch};
    fetcher_ = &fetcher;
    end_ = std::chrono::steady_clock::now() + options_.budget;
    std::vector<asio::awaitable<void>> workers;
    for (std::size_t i = 0; i < std::min(options_.at_once, total()); ++i)
      workers.push_back(worker());
    co_await side_by_side(std::move(workers));
    fetcher_ = nullptr;
    flush();
    report_rest();
  }

  /// False: nothing can be looked up, and a notice says why.
  asio::awaitable<bool> prepare() {
    auto made = co_await make_resolver(options_.dns);
    if (!made) {
      notices_.push_back({Severity::alert, "DNS", made.error().text + "; DANE is not looked up"});
      DnsOptions without_anchor = options_.dns;
      without_anchor.trust_anchor.clear();
      dane_ = false;
      made = co_await make_resolver(without_anchor);
      if (!made) co_return false;
    }
    const DnssecSelfTest& test = made->self_test;
    const bool works = test.support == DnssecSupport::works;
    const bool unreachable = test.support == DnssecSupport::servers_unreachable;
    if (!test.text.empty() && (unreachable || (dane_ && !work_.dane.empty())))
      notices_.push_back({works ? Severity::note : Severity::alert, "DNS",
                          test.text + (works || unreachable ? "" : "; DANE is not looked up")});
    if (unreachable) {
      notices_.push_back(
          {Severity::warning, "DNS", "nothing was looked up: what is known of the domains stays"});
      co_return false;
    }
    dane_ = dane_ && works;
    resolver_ = std::move(made->resolver);
    // In any order but that of the names: a stranger's domains that fail one after the other must
    // not look like an outage.
    order_.resize(total());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::shuffle(order_, random_);
    co_return true;
  }

  /// Where DANE is not looked up, its part counts as done.
  [[nodiscard]] std::size_t total() const {
    return (dane_ ? work_.dane.size() : 0) + work_.sts.size();
  }

  asio::awaitable<void> worker() {
    while (next_ < total() && std::chrono::steady_clock::now() < end_ && failing_ < kAllFailing) {
      const std::size_t index = order_[next_++];
      const std::size_t fetches = work_.sts.size();
      if (index < fetches) {
        co_await look_up_one_sts(work_.sts[index]);
      } else {
        co_await look_up_one_dane(work_.dane[index - fetches]);
      }
      ++done_;
      if (options_.progress && (done_ % 10 == 0 || done_ == total()))
        options_.progress(done_, total());
      if (done_ % kBatch == 0) flush();
    }
  }

  asio::awaitable<void> look_up_one_sts(Domain domain) {
    StsState before = states_.sts[domain.text()];
    const double jitter = std::uniform_real_distribution<double>{}(random_);
    auto looked_up = co_await look_up_sts(domain, std::move(before), *resolver_, *fetcher_,
                                          options_.times, options_.clock, jitter);
    failing_ = looked_up.record ? 0 : failing_ + 1;
    changed_.sts[domain.text()] = looked_up.state;
    states_.sts[domain.text()] = std::move(looked_up.state);
  }

  asio::awaitable<void> look_up_one_dane(PolicyKey key) {
    const std::string text = key.text();
    const MxLookup lookup = co_await look_up_mx(*resolver_, std::move(key));
    const Time now = options_.clock();
    failing_ = lookup.source == MxSource::failed ? failing_ + 1 : 0;
    DaneMemory memory =
        remember(states_.dane[text], dane_observation(lookup, now), options_.max_stale, now);
    changed_.dane[text] = memory;
    states_.dane[text] = std::move(memory);
  }

  void flush() {
    if (options_.keep && !(changed_.dane.empty() && changed_.sts.empty())) options_.keep(changed_);
    changed_ = {};
  }

  void report_rest() {
    if (next_ >= total()) return;
    const std::string rest = std::to_string(total() - next_) + " of " + std::to_string(total());
    notices_.push_back(
        {Severity::warning, "DNS",
         failing_ >= kAllFailing
             ? "the name servers do not answer any more: " + rest +
                   " look-ups are left for the next run, what is known stays"
             : rest + " look-ups are left for the next run, the time for them is up"});
  }

  const LookupWork& work_;
  const LookupOptions& options_;
  PublishedStates& states_;
  PublishedStates changed_;
  Notices notices_;
  std::unique_ptr<Resolver> resolver_;
  StsFetcher* fetcher_ = nullptr;
  bool dane_ = true;
  std::mt19937 random_;
  std::chrono::steady_clock::time_point end_;
  std::vector<std::size_t> order_;  ///< first MTA-STS, then DANE, shuffled
  std::size_t next_ = 0;            ///< in order_
  std::size_t done_ = 0;
  std::size_t failing_ = 0;
};

}  // namespace

Notices look_up_domains(const LookupWork& work, const LookupOptions& options,
                        PublishedStates& states) {
  return work.size() == 0 ? Notices{} : Run{work, options, states}.run();
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/sts_fetcher.h"

#include <algorithm>

#include "daemon/dns/public_host.h"
#include "daemon/sources/https_exchange.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using asio::ip::address;
using Clock = std::chrono::steady_clock;

StsFault fault_of(HttpsFault::Kind kind) {
  // RFC 8460 section 4.3.2.2: sts-webpki-invalid is for certificates, the rest is one.
  return kind == HttpsFault::Kind::certificate ? StsFault::webpki_invalid : StsFault::fetch_error;
}

/// Without addresses that must not be reached, and not too many.
std::vector<address> usable(std::vector<address> addresses, bool any) {
  constexpr std::size_t kMaxAddresses = 16;
  if (!any) std::erase_if(addresses, [](const address& each) { return !is_public(each); });
  if (addresses.size() > kMaxAddresses) addresses.resize(kMaxAddresses);
  return addresses;
}

std::unexpected<StsFetchFault> crowded(const std::string& url) {
  return std::unexpected(
      StsFetchFault{StsFault::ours, url + ": too many policies are being fetched"});
}

StsFetched read_answer(const HttpsAnswer& answer, const std::string& body, const std::string& url) {
  constexpr int kOk = 200;
  // RFC 8461 section 3.3: redirects are not followed, and only 200 counts. Nor does 304: nothing
  // was asked that it could answer.
  if (answer.status != kOk)
    return std::unexpected(StsFetchFault{
        StsFault::fetch_error, url + ": the server answers " + std::to_string(answer.status)});
  if (!is_sts_media_type(answer.content_type))
    return std::unexpected(StsFetchFault{
        StsFault::fetch_error, url + ": its Content-Type is " +
                                   (answer.content_type.empty() ? "missing, or there are several"
                                                                : quote(answer.content_type)) +
                                   ", not text/plain"});
  auto policy = parse_sts_policy(body);
  if (!policy)
    return std::unexpected(
        StsFetchFault{StsFault::policy_invalid, url + ": " + policy.error().text});
  return *std::move(policy);
}

}  // namespace

StsFetcher::StsFetcher(asio::any_io_executor executor, StsFetchOptions options)
    : options_(std::move(options)),
      by_address_(executor, options_.per_address),
      all_(executor, options_.at_once) {}

Result<StsFetcher::Context> StsFetcher::context() {
  constexpr std::chrono::hours kAge{1};
  const auto now = Clock::now();
  if (context_ != nullptr && now - context_made_ < kAge) return context_;
  auto made = make_tls_context(options_.ca_file);
  if (!made) return made;
  context_ = *std::move(made);
  context_made_ = now;
  return context_;
}

bool StsFetcher::has_ipv6() {
  constexpr std::chrono::minutes kAge{1};
  if (const auto now = Clock::now(); options_.has_ipv6 && now >= has_ipv6_until_) {
    has_ipv6_ = options_.has_ipv6();
    has_ipv6_until_ = now + kAge;
  }
  return has_ipv6_;
}

asio::awaitable<StsFetched> StsFetcher::fetch(Domain domain, std::vector<address> addresses) {
  const std::string url = sts_policy_url(domain);
  const bool none = addresses.empty();
  addresses = usable(std::move(addresses), options_.private_addresses);
  if (addresses.empty())
    co_return std::unexpected(StsFetchFault{
        StsFault::fetch_error,
        url + (none ? ": the host has no address" : ": the host has no public address")});
  // First the place at the address, so that those who wait for it keep nobody else waiting. (g++ 12
  // destroys what a co_await inside "?:" makes twice.)
  const auto patience = Clock::now() + options_.timeout;
  std::string key = addresses.front().to_string();
  const auto at_address = co_await by_address_.take(std::move(key), patience);
  if (!at_address) co_return crowded(url);
  std::string everything;
  const auto among_all = co_await all_.take(std::move(everything), patience);
  if (!among_all) co_return crowded(url);
  co_return co_await fetch_from(std::move(domain), std::move(addresses));
}

asio::awaitable<StsFetched> StsFetcher::fetch_from(Domain domain, std::vector<address> addresses) {
  const std::string url = sts_policy_url(domain);
  auto trusted = context();
  if (!trusted)
    co_return std::unexpected(StsFetchFault{StsFault::ours, url + ": " + trusted.error().text});
  HttpsExchange exchange{.host = "mta-sts." + domain.text(),
                         .port = options_.port,
                         .target = "/.well-known/mta-sts.txt",
                         .headers = {},
                         .endpoints = {},
                         .context = *std::move(trusted),
                         .max_bytes = kMaxStsPolicyBytes,
                         .deadline = Clock::now() + options_.timeout};
  for (const address& each : addresses)
    exchange.endpoints.emplace_back(each, options_.port);
  std::string body;
  BodySink sink = [&body](std::string_view bytes) {
    body += bytes;
    return true;
  };
  const auto answer = co_await exchange_https(std::move(exchange), std::move(sink));
  if (answer) co_return read_answer(*answer, body, url);
  const HttpsFault& fault = answer.error();
  std::string text = url + ": " + fault.text;
  if (fault.kind == HttpsFault::Kind::deadline)
    text = url + ": no whole answer within " + std::to_string(options_.timeout.count()) + " ms";
  co_return std::unexpected(StsFetchFault{fault_of(fault.kind), std::move(text)});
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/sts_lookup.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <expected>

#include "smtp/dns_records.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using asio::ip::address;
using Addresses = std::vector<address>;

/// What is no address of that family is left out.
Addresses addresses_in(const DnsAnswer& answer, bool ipv6) {
  Addresses out;
  for (const std::string& rdata : answer.rdata) {
    const auto parsed = parse_address(rdata);
    if (parsed && parsed->is_v6() == ipv6) out.push_back(*parsed);
  }
  return out;
}

/// One of each family in turn, IPv6 first (RFC 8305 section 4).
Addresses in_turn(const Addresses& ipv6, const Addresses& ipv4) {
  Addresses out;
  for (std::size_t i = 0; i < std::max(ipv6.size(), ipv4.size()); ++i) {
    if (i < ipv6.size()) out.push_back(ipv6[i]);
    if (i < ipv4.size()) out.push_back(ipv4[i]);
  }
  return out;
}

/// Empty: it has none. An Error: nobody knows.
std::expected<Addresses, std::string> addresses_in(const DnsAnswer& a, const DnsAnswer& aaaa) {
  Addresses out = in_turn(addresses_in(aaaa, true), addresses_in(a, false));
  // One family that answers is enough.
  if (out.empty()) {
    for (const DnsAnswer* each : {&a, &aaaa}) {
      if (each->outcome == DnsOutcome::failed) return std::unexpected(each->reason);
    }
  }
  return out;
}

/// Without IPv6 here, AAAA is asked for only where there is no A record: then it tells why nothing
/// can be reached.
asio::awaitable<std::expected<Addresses, std::string>> addresses_of(std::string host,
                                                                    Resolver& resolver,
                                                                    bool has_ipv6) {
  if (!has_ipv6) {
    const DnsAnswer alone = co_await resolver.query(host, RecordType::a);
    Addresses out = addresses_in(alone, false);
    if (!out.empty()) co_return out;
    const DnsAnswer other = co_await resolver.query(host, RecordType::aaaa);
    co_return addresses_in(alone, other);
  }
  using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace)
  const auto [aaaa, a] =
      co_await (resolver.query(host, RecordType::aaaa) && resolver.query(host, RecordType::a));
  co_return addresses_in(a, aaaa);
}

/// nullopt: SERVFAIL, a timeout, a bogus answer (RFC 8461 section 3.1 knows only "no policy", which
/// they do not say).
std::optional<StsLook> read_answer(const DnsAnswer& answer) {
  switch (answer.outcome) {
    case DnsOutcome::records:
      return StsLook{find_sts_record(answer.rdata), answer.ttl};
    case DnsOutcome::no_data:
    case DnsOutcome::nx_domain:
      return StsLook{{}, answer.ttl};
    case DnsOutcome::failed:
      return std::nullopt;
  }
  return std::nullopt;
}

asio::awaitable<StsFetched> fetch(Domain domain, Resolver& resolver, StsFetcher& fetcher) {
  const std::string host = "mta-sts." + domain.text();
  auto addresses = co_await addresses_of(host, resolver, fetcher.has_ipv6());
  if (!addresses)
    co_return std::unexpected(StsFetchFault{
        StsFault::fetch_error,
        sts_policy_url(domain) + ": the host does not resolve: " + addresses.error()});
  co_return co_await fetcher.fetch(std::move(domain), *std::move(addresses));
}

}  // namespace

asio::awaitable<StsLookedUp> look_up_sts(Domain domain, StsState state, Resolver& resolver,
                                         StsFetcher& fetcher, StsTimes times, StsClock clock,
                                         double jitter) {
  StsLookedUp out;
  std::optional<StsLook> look;
  const std::string name = "_mta-sts." + domain.text();
  constexpr std::size_t kMaxName = 253;
  if (name.size() > kMaxName) {
    look = StsLook{{}, times.most_look};  // no such name can exist
  } else {
    const DnsAnswer answer = co_await resolver.query(name, RecordType::txt);
    look = read_answer(answer);
    if (!look) out.error = name + ": " + answer.reason;
  }
  if (look) out.record = look->finding;
  StsStep step = after_record(std::move(state), look, times, clock());
  out.state = std::move(step.state);
  if (step.fetch) {
    auto fetched = co_await fetch(domain, resolver, fetcher);
    if (fetched) {
      out.fetched = true;
      out.state = after_fetch(std::move(out.state), step.id, *std::move(fetched), clock());
    } else {
      out.fault = fetched.error().fault;
      out.error = fetched.error().text;
      out.state = after_failure(std::move(out.state), step.id, out.fault, out.error, clock());
    }
  }
  out.state.next_look = next_look(out.state, look, times, jitter, clock());
  co_return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/dns/dnssec_self_test.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <ctime>

#include "daemon/dns/raw_query.h"
#include "daemon/dns/unbound_context.h"
#include "daemon/dns/unbound_resolver.h"

namespace tlspact {

namespace {

namespace asio = boost::asio;

constexpr std::uint16_t kDnsKey = 48;
constexpr std::uint16_t kRrsig = 46;

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t end = at + 4; at < end; ++at)
    out = out << 8 | static_cast<std::uint8_t>(bytes[at]);
  return out;
}

/// Of a signature (RFC 4034 section 3.1), in the arithmetic of serial numbers.
bool holds_now(const std::string& rrsig, std::uint32_t now) {
  constexpr std::size_t kExpiration = 8;
  constexpr std::size_t kInception = 12;
  if (rrsig.size() < kInception + 4) return false;
  const auto before = [](std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) <= 0;
  };
  return before(number_at(rrsig, kInception), now) && before(now, number_at(rrsig, kExpiration));
}

/// Why the root's keys did not validate, from what one server says of them.
DnssecSupport cause_in(const DnsMessage& message) {
  const auto is_signature = [](const DnsRecord& record) { return record.type == kRrsig; };
  if (std::ranges::none_of(message.answer, is_signature))
    return DnssecSupport::servers_strip_dnssec;
  const auto now = static_cast<std::uint32_t>(std::time(nullptr));
  const auto holds = [&](const DnsRecord& record) {
    return is_signature(record) && holds_now(record.rdata, now);
  };
  return std::ranges::any_of(message.answer, holds) ? DnssecSupport::anchor_mismatch
                                                    : DnssecSupport::clock_wrong;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string explanation(DnssecSupport support, const DnsOptions& options,
                        const std::string& servers) {
  const std::string of = "DNSSEC does not work: the name servers (" + servers + ") ";
  switch (support) {
    case DnssecSupport::works:
      return {};
    case DnssecSupport::no_trust_anchor:
      return "DNSSEC is off: no [dns] trust_anchor is configured, so there is no DANE";
    case DnssecSupport::servers_unreachable:
      return of + "do not answer; check [dns] servers and the network";
    case DnssecSupport::servers_strip_dnssec:
      return of + "drop signatures; name others in [dns] servers, such as a local unbound";
    case DnssecSupport::clock_wrong:
      return "DNSSEC does not work: the root's signatures do not hold at the time of this "
             "machine's clock; set the clock";
    case DnssecSupport::anchor_mismatch:
      return of + "have keys of the root that are not those of " + options.trust_anchor +
             "; update it (package dns-root-data), or find out who answers for the root";
  }
  return {};
}

std::chrono::milliseconds share(std::chrono::milliseconds deadline, std::size_t servers) {
  return deadline / static_cast<long>(std::max<std::size_t>(1, servers));
}

asio::awaitable<DnssecSupport> find_cause(std::vector<std::string> servers,
                                          std::chrono::milliseconds deadline) {
  DnssecSupport worst = DnssecSupport::servers_unreachable;
  for (const std::string& server : servers) {
    // A variable: g++ 12 destroys an aggregate twice that is made within a co_await.
    RawQuery query{.server = server, .type = kDnsKey, .deadline = share(deadline, servers.size())};
    auto message = co_await ask_root(query);
    if (message && message->truncated) {
      query.transport = RawQuery::Transport::tcp;
      message = co_await ask_root(query);
    }
    if (message) worst = std::max(worst, cause_in(*message));
  }
  co_return worst;
}

/// Those of the servers that do not answer over TCP.
asio::awaitable<std::vector<std::string>> deaf_to_tcp(std::vector<std::string> servers,
                                                      std::chrono::milliseconds deadline) {
  std::vector<std::string> out;
  for (const std::string& server : servers) {
    const RawQuery query{.server = server,
                         .type = kDnsKey,
                         .transport = RawQuery::Transport::tcp,
                         .deadline = share(deadline, servers.size())};
    const auto answer = co_await ask_root(query);
    if (!answer) out.push_back(server);
  }
  co_return out;
}

}  // namespace

asio::awaitable<DnssecSelfTest> test_dnssec(Resolver& resolver, const DnsOptions& options) {
  const auto servers = configured_servers(options).value_or(std::vector<std::string>{});
  const std::string names = joined(servers);
  const auto result = [&](DnssecSupport support) {
    return DnssecSelfTest{support, explanation(support, options, names)};
  };
  if (options.trust_anchor.empty()) co_return result(DnssecSupport::no_trust_anchor);
  const DnsAnswer keys = co_await resolver.query("", static_cast<RecordType>(kDnsKey));
  if (keys.security != DnsSecurity::secure || keys.outcome != DnsOutcome::records)
    co_return result(co_await find_cause(servers, options.deadline));
  // Every unsigned domain is a proof that there is no signature: servers must pass that on, too.
  const DnsAnswer denial = co_await resolver.query("", RecordType::tlsa);
  if (denial.security != DnsSecurity::secure || denial.outcome != DnsOutcome::no_data)
    co_return result(DnssecSupport::servers_strip_dnssec);
  DnssecSelfTest out = result(DnssecSupport::works);
  const auto deaf = co_await deaf_to_tcp(servers, options.deadline);
  if (!deaf.empty())
    out.text = "DNSSEC works, but not over TCP with " + joined(deaf) +
               ": answers over 1,232 bytes will fail; let TCP to port 53 through";
  co_return out;
}

asio::awaitable<Result<TestedResolver>> make_resolver(DnsOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  auto resolver = UnboundResolver::make(executor, options);
  if (!resolver) co_return std::unexpected(resolver.error());
  const DnssecSelfTest self_test = co_await test_dnssec(**resolver, options);
  const bool keep = self_test.support == DnssecSupport::works ||
                    self_test.support == DnssecSupport::no_trust_anchor ||
                    self_test.support == DnssecSupport::servers_unreachable;
  if (!keep) {
    options.trust_anchor.clear();
    resolver = UnboundResolver::make(executor, options);
    if (!resolver) co_return std::unexpected(resolver.error());
  }
  co_return TestedResolver{std::move(*resolver), self_test};
}

}  // namespace tlspact

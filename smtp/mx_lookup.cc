// SPDX-License-Identifier: MIT
#include "smtp/mx_lookup.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "smtp/dns_records.h"
#include "smtp/side_by_side.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxBadExchanges = 10;

/// RFC 7505 section 3: one record, preference 0, the root as exchange.
bool is_null_mx(const std::vector<std::string>& rdata) {
  if (rdata.size() != 1) return false;
  const auto only = MxRecord::parse(rdata.front());
  return only && only->preference == 0 && only->exchange.empty();
}

void leave_out(MxLookup& out, std::string why) {
  if (out.bad_exchanges.size() < kMaxBadExchanges) out.bad_exchanges.push_back(std::move(why));
}

void take_exchange(MxLookup& out, const std::string& rdata) {
  const auto record = MxRecord::parse(rdata);
  if (!record) return leave_out(out, record.error().text);
  // RFC 7505 section 3 forbids it beside others; it names no host, so nothing is lost without it.
  if (record->exchange.empty()) return;
  auto name = Domain::parse(record->exchange);
  if (!name) return leave_out(out, "MX host " + name.error().text);
  out.hosts.push_back({*std::move(name), record->preference, {}});
}

/// Sorted, so that the same hosts are used whatever order a server gives them in.
void choose_hosts(MxLookup& out) {
  auto& hosts = out.hosts;
  std::ranges::sort(hosts, {},
                    [](const MxHost& each) { return std::tie(each.name, each.preference); });
  const auto same = std::ranges::unique(hosts, {}, &MxHost::name);
  hosts.erase(same.begin(), same.end());
  std::ranges::stable_sort(hosts, {}, &MxHost::preference);
  if (hosts.size() <= kMaxMxHosts) return;
  out.beyond_limit = hosts.size() - kMaxMxHosts;
  hosts.erase(hosts.begin() + kMaxMxHosts, hosts.end());
}

void take_records(MxLookup& out, const std::vector<std::string>& rdata) {
  if (is_null_mx(rdata)) {
    out.source = MxSource::null_mx;
    return;
  }
  out.source = MxSource::records;
  for (const std::string& each : rdata)
    take_exchange(out, each);
  choose_hosts(out);
}

void take_mx(MxLookup& out, const DnsAnswer& answer, const Domain& domain) {
  out.secure = answer.security == DnsSecurity::secure;
  out.canonical_name = answer.canonical_name;
  switch (answer.outcome) {
    case DnsOutcome::failed:
      out.source = MxSource::failed;
      out.secure = false;
      out.reason = "its MX: " + answer.reason;
      return;
    case DnsOutcome::nx_domain:
      out.source = MxSource::no_such_domain;
      break;
    case DnsOutcome::no_data:
      // RFC 5321 section 5.1: only where there is no MX record at all.
      out.source = MxSource::implicit;
      out.hosts.push_back({domain, 0, {}});
      break;
    case DnsOutcome::records:
      take_records(out, answer.rdata);
      break;
  }
  out.mx_ttl = std::min(out.mx_ttl, answer.ttl);
}

asio::awaitable<void> look(Resolver& resolver, MxHost& host, std::uint16_t port) {
  host.found = co_await look_up_host(resolver, host.name, port);
}

/// One line: why MX hosts were left out.
std::string left_out(const MxLookup& lookup) {
  std::string out = lookup.bad_exchanges.empty() ? "" : lookup.bad_exchanges.front();
  if (lookup.beyond_limit == 0) return out;
  if (!out.empty()) out += "; ";
  return out + std::to_string(lookup.beyond_limit) + " MX hosts beyond the first " +
         std::to_string(kMaxMxHosts) + " are not looked at";
}

}  // namespace

asio::awaitable<MxLookup> look_up_mx(Resolver& resolver, PolicyKey next_hop,
                                     MxLookupOptions options) {
  if (next_hop.pattern.subdomains) throw std::logic_error("a parent pattern is not a next-hop");
  const Domain& domain = next_hop.domain();
  MxLookup out;
  if (next_hop.bracketed) {
    out.source = MxSource::configured;
    out.secure = true;
    out.canonical_name = domain.text();
    out.hosts.push_back({domain, 0, {}});
  } else {
    const DnsAnswer answer = co_await resolver.query(domain.text(), RecordType::mx);
    take_mx(out, answer, domain);
  }
  const std::uint16_t port = next_hop.port.value_or(options.port);
  std::vector<asio::awaitable<void>> looks;
  looks.reserve(out.hosts.size());
  for (MxHost& host : out.hosts)
    looks.push_back(look(resolver, host, port));
  co_await side_by_side(std::move(looks));
  co_return out;
}

namespace {

std::string reason_of(const MxLookup& lookup) {
  switch (lookup.source) {
    case MxSource::failed:
      return lookup.reason;
    case MxSource::null_mx:
      return "the domain takes no mail (null MX)";
    case MxSource::no_such_domain:
      return "there is no such domain";
    default:
      return left_out(lookup);
  }
}

}  // namespace

DaneObservation dane_observation(const MxLookup& lookup, Time now) {
  DaneObservation out;
  out.mx = lookup.source;
  out.mx_secure = lookup.secure;
  out.complete = lookup.bad_exchanges.empty() && lookup.beyond_limit == 0;
  out.reason = reason_of(lookup);
  Seconds ttl = lookup.mx_ttl;
  for (const MxHost& host : lookup.hosts) {
    ttl = std::min(ttl, host.found.tlsa_ttl);
    out.hosts.push_back({.host = host.name.text(),
                         .dane = host.found.dane,
                         .addresses_secure = host.found.addresses_secure,
                         .tlsa_base = host.found.tlsa_base,
                         .tlsa_at_alias = host.found.tlsa_at_alias,
                         .reason = host.found.reason});
  }
  out.valid_until = now + ttl;
  return out;
}

}  // namespace tlspact

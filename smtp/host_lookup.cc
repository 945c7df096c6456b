// SPDX-License-Identifier: MIT
#include "smtp/host_lookup.h"

#include <algorithm>
#include <utility>

#include "smtp/dns_records.h"
#include "smtp/side_by_side.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
namespace ip = boost::asio::ip;

constexpr std::size_t kMaxName = 253;  // RFC 1035 section 2.3.4, in presentation form

asio::awaitable<void> ask(Resolver& resolver, std::string name, RecordType type, DnsAnswer& out) {
  out = co_await resolver.query(std::move(name), type);
}

void lower(Seconds& ttl, const DnsAnswer& answer) {
  if (answer.outcome != DnsOutcome::failed) ttl = std::min(ttl, answer.ttl);
}

bool has_secure_records(const DnsAnswer& answer) {
  return answer.outcome == DnsOutcome::records && answer.security == DnsSecurity::secure;
}

std::vector<ip::address> addresses_of(const DnsAnswer& answer) {
  std::vector<ip::address> out;
  if (answer.outcome != DnsOutcome::records) return out;
  for (const std::string& rdata : answer.rdata) {
    if (out.size() == kMaxAddresses) break;
    if (const auto address = parse_address(rdata)) out.push_back(*address);
  }
  return out;
}

/// Both families have a share, whatever the other one has.
std::vector<ip::address> in_turn(const std::vector<ip::address>& first,
                                 const std::vector<ip::address>& second) {
  std::vector<ip::address> out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  if (out.size() > kMaxAddresses) out.resize(kMaxAddresses);
  return out;
}

/// One look at one host.
class Look {
 public:
  Look(Resolver& resolver, const Domain& host, std::uint16_t port)
      : resolver_(resolver), host_(host.text()), port_(port) {}

  asio::awaitable<HostLookup> run() {
    co_await find_addresses();
    if (out_.addresses.empty()) {
      end_without_address();
      co_return std::move(out_);
    }
    const bool known = co_await find_bases();
    if (known) co_await find_tlsa();
    co_return std::move(out_);
  }

 private:
  void end(HostDane dane, std::string reason) {
    out_.dane = dane;
    out_.reason = std::move(reason);
  }

  void end_without_address() {
    for (const DnsAnswer* answer : {&ipv4_, &ipv6_}) {
      if (answer->outcome == DnsOutcome::failed)
        return end(HostDane::failed, "its address: " + answer->reason);
    }
    end(HostDane::none, "it has no address");
  }

  asio::awaitable<void> find_addresses() {
    std::vector<asio::awaitable<void>> questions;
    questions.push_back(ask(resolver_, host_, RecordType::a, ipv4_));
    questions.push_back(ask(resolver_, host_, RecordType::aaaa, ipv6_));
    co_await side_by_side(std::move(questions));
    const std::vector<ip::address> ipv4 = addresses_of(ipv4_);
    const std::vector<ip::address> ipv6 = addresses_of(ipv6_);
    out_.addresses = in_turn(ipv6, ipv4);
    // One family that validates is enough; the other one may be broken or absent.
    out_.addresses_secure = (!ipv4.empty() && has_secure_records(ipv4_)) ||
                            (!ipv6.empty() && has_secure_records(ipv6_));
    lower(out_.addresses_ttl, ipv4_);
    lower(out_.addresses_ttl, ipv6_);
  }

  /// The TLSA base domains to try, in order (RFC 7672 section 2.2.3); none: TLSA is not asked for,
  /// which servers in insecure zones often answer wrongly (section 2.2.2). False: it failed.
  asio::awaitable<bool> find_bases() {
    const bool by_ipv4 =
        out_.addresses_secure ? has_secure_records(ipv4_) : ipv4_.outcome == DnsOutcome::records;
    const std::string canonical = by_ipv4 ? ipv4_.canonical_name : ipv6_.canonical_name;
    is_alias_ = canonical != host_;
    if (out_.addresses_secure) {
      // Every alias on the way is secure: the name at its end, then the one that was named.
      if (is_alias_) bases_.push_back(canonical);
      bases_.push_back(host_);
      co_return true;
    }
    out_.reason = "its addresses are insecure";
    if (!is_alias_) co_return true;
    // Its alias may be secure although the target is not: then only the name itself counts.
    const DnsAnswer alias = co_await resolver_.query(host_, RecordType::cname);
    lower(out_.tlsa_ttl, alias);
    if (alias.outcome == DnsOutcome::failed) {
      end(HostDane::failed, "its alias: " + alias.reason);
      co_return false;
    }
    if (has_secure_records(alias)) bases_.push_back(host_);
    co_return true;
  }

  asio::awaitable<void> find_tlsa() {
    for (const std::string& base : bases_) {
      const bool found = co_await find_tlsa_at(base);
      if (found) co_return;
    }
    end(HostDane::none, out_.reason.empty() ? "it has no TLSA record" : out_.reason);
  }

  /// Whether the answer ends the walk. If not, the next base may have what this one has not.
  asio::awaitable<bool> find_tlsa_at(const std::string& base) {
    const std::string name = "_" + std::to_string(port_) + "._tcp." + base;
    if (name.size() > kMaxName) co_return false;  // no such name can be in the DNS
    const DnsAnswer answer = co_await resolver_.query(name, RecordType::tlsa);
    lower(out_.tlsa_ttl, answer);
    if (answer.outcome == DnsOutcome::failed) {
      // RFC 7672 section 2.1.1: what an attacker would do. Never as if there were no TLSA.
      end(HostDane::failed, "its TLSA: " + answer.reason);
      co_return true;
    }
    // A denial need not be secure: in an opt-out span it cannot be. An alias of the TLSA name that
    // leads into an insecure zone makes the whole answer insecure.
    if (answer.outcome != DnsOutcome::records) co_return false;
    if (answer.security != DnsSecurity::secure) {
      out_.reason = "its TLSA records are insecure";
      co_return false;
    }
    take_tlsa(base, answer.rdata);
    co_return true;
  }

  void take_tlsa(const std::string& base, std::vector<std::string> rdata) {
    // Servers rotate the records; the same ones must be used each time.
    std::ranges::sort(rdata);
    if (rdata.size() > kMaxTlsa) rdata.resize(kMaxTlsa);
    out_.tlsa_base = base;
    out_.tlsa_at_alias = is_alias_ && base == host_;
    for (const std::string& each : rdata) {
      if (auto record = TlsaRecord::parse(each)) out_.tlsa.push_back(*std::move(record));
    }
    out_.reason.clear();
    if (!tlsa_to_match(out_.tlsa).empty()) {
      out_.dane = HostDane::usable;
      return;
    }
    // RFC 7672 section 2.2: TLS is required, unauthenticated. A malformed record is unusable too.
    end(HostDane::unusable, "its TLSA records are unusable: " + unusable_because());
  }

  [[nodiscard]] std::string unusable_because() const {
    if (out_.tlsa.empty()) return "malformed";
    const TlsaRecord& first = out_.tlsa.front();
    return std::to_string(first.usage) + ' ' + std::to_string(first.selector) + ' ' +
           std::to_string(first.matching_type) + ", " +
           std::string{tlsa_usability_text(tlsa_usability(first))};
  }

  Resolver& resolver_;
  std::string host_;
  std::uint16_t port_;
  DnsAnswer ipv4_;
  DnsAnswer ipv6_;
  bool is_alias_ = false;
  std::vector<std::string> bases_;
  HostLookup out_;
};

}  // namespace

asio::awaitable<HostLookup> look_up_host(Resolver& resolver, Domain host, std::uint16_t port) {
  Look look{resolver, host, port};
  co_return co_await look.run();
}

}  // namespace tlspact

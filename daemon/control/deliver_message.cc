// SPDX-License-Identifier: MIT
#include "daemon/control/deliver_message.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/control/probe_settings.h"
#include "daemon/control/tlsrpt_events.h"
#include "daemon/dns/idna.h"
#include "daemon/dns/unbound_resolver.h"
#include "daemon/sources/lookup_settings.h"
#include "smtp/session/socket_channel.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

std::size_t at_random(std::size_t below) {
  static std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_int_distribution<std::size_t>{0, below - 1}(engine);
}

/// The recipients that go the same way.
struct Group {
  std::optional<PolicyKey> key;  ///< nullopt: an address literal
  std::vector<MailAddress> recipients;
};

Result<std::map<std::string, Group>> groups_of(const DeliveryJob& job) {
  std::map<std::string, Group> groups;
  for (const MailAddress& recipient : job.recipients) {
    Group group;
    std::string name = recipient.domain;
    if (job.via) {
      group.key = job.via;
      name = job.via->text();
    } else if (!recipient.literal) {
      auto key = parse_policy_key(recipient.domain);
      if (!key) return std::unexpected(std::move(key.error()));
      group.key = *std::move(key);
      name = group.key->text();
    }
    groups.try_emplace(name, std::move(group)).first->second.recipients.push_back(recipient);
  }
  return groups;
}

std::string policy_text(const Decision& decision, const DeliveryJob& job) {
  if (job.level) return std::string{level_name(*job.level)} + " by the command line";
  const Candidate* const winner = decision.winner();
  if (winner == nullptr || decision.policy == nullptr) return "no policy: TLS is opportunistic";
  return std::string{level_name(decision.policy->level)} + " by " +
         std::string{source_name(winner->source)};
}

/// An address has no name that a certificate could be for: authenticated levels cannot be met.
TlsDemand literal_demand(Level level) {
  if (level == Level::none) return TlsDemand::none;
  if (level == Level::may || level == Level::dane) return TlsDemand::opportunistic;
  return level == Level::encrypt ? TlsDemand::encrypted : TlsDemand::pkix;
}

/// What DNS is not asked for: a host that was named, as a next-hop in brackets is.
MxLookup named_host(const std::pair<Domain, asio::ip::address>& named) {
  MxLookup lookup;
  lookup.source = MxSource::configured;
  lookup.secure = true;
  HostLookup found;
  found.addresses = {named.second};
  found.dane = HostDane::none;
  found.reason = "TLSA was not looked up: the host is named on the command line";
  MxHost host{.name = named.first, .preference = 0, .found = std::move(found)};
  lookup.hosts.push_back(std::move(host));
  return lookup;
}

/// One run: what all next-hops share.
class Run {
 public:
  Run(asio::io_context& io, const Config& config, const DeliveryJob& job, const Message& message,
      const Decide& decide, const TlsMemory& did_tls, Resolver& resolver, const TrustStore& trusted)
      : io_(io),
        config_(config),
        job_(job),
        message_(message),
        decide_(decide),
        did_tls_(did_tls),
        resolver_(resolver),
        trusted_(trusted) {}

  asio::awaitable<DomainDelivery> go(std::string name, Group group) {
    DomainDelivery result;
    result.next_hop = std::move(name);
    if (group.key) {
      co_await to_next_hop(*group.key, group, result);
    } else {
      co_await to_literal(group, result);
    }
    co_return result;
  }

 private:
  [[nodiscard]] asio::awaitable<void> to_next_hop(PolicyKey key, const Group& group,
                                                  DomainDelivery& result);
  [[nodiscard]] asio::awaitable<void> to_literal(const Group& group, DomainDelivery& result);
  [[nodiscard]] asio::awaitable<void> carry(DeliveryPlan plan, const Group& group,
                                            std::uint16_t port, DomainDelivery& result);
  [[nodiscard]] Envelope envelope_of(const Group& group) const;
  [[nodiscard]] DeliveryOptions options(std::uint16_t port) const;
  [[nodiscard]] TlsPolicy wanted(const TlsPolicy* policy) const;

  asio::io_context& io_;
  const Config& config_;
  const DeliveryJob& job_;
  const Message& message_;
  const Decide& decide_;
  const TlsMemory& did_tls_;
  Resolver& resolver_;
  const TrustStore& trusted_;
  TlsClient tls_;
};

Envelope Run::envelope_of(const Group& group) const {
  Envelope envelope;
  if (job_.sender) envelope.sender = job_.sender->text();
  for (const MailAddress& each : group.recipients)
    envelope.recipients.push_back(each.text());
  envelope.requiretls = job_.requiretls;
  envelope.notify = job_.notify;
  envelope.chunking = job_.chunking;
  return envelope;
}

DeliveryOptions Run::options(std::uint16_t port) const {
  DeliveryOptions result;
  result.helo = helo_name(config_);
  result.port = port;
  if (did_tls_)
    result.did_tls = [this, port](const std::string& host, const asio::ip::address& address) {
      const auto usual = static_cast<std::uint16_t>(config_.smtp.port);
      return did_tls_(endpoint_host(host, port, usual), address);
    };
  result.now = clock_now;
  result.connect = [this](const SessionRequest& request) -> std::unique_ptr<SessionChannel> {
    return std::make_unique<SocketChannel>(io_.get_executor(), tls_, request.deadlines.whole,
                                           &message_);
  };
  return result;
}

/// The policy in force, with what the command line adds.
TlsPolicy Run::wanted(const TlsPolicy* policy) const {
  TlsPolicy result = policy != nullptr ? *policy : TlsPolicy{};
  if (job_.level) result.level = *job_.level;
  if (!job_.client_certificate.empty()) {
    result.client_certificate = job_.client_certificate;
    result.client_key = job_.client_key;
  }
  return result;
}

asio::awaitable<void> Run::to_next_hop(PolicyKey key, const Group& group, DomainDelivery& result) {
  const Decision decision = decide_(key);
  const Candidate* const winner = decision.winner();
  const bool agreed = job_.level || (winner != nullptr && winner->source == Source::agreement);
  result.policy = policy_text(decision, job_);
  const TlsPolicy* in_force =
      policy_for_message(decision.policy.get(), agreed, message_.facts(), job_.requiretls);
  if (in_force != decision.policy.get())
    result.policy += ", passed over: the message says \"TLS-Required: No\"";
  const TlsPolicy policy = wanted(in_force);
  MxLookup lookup;
  if (job_.mx) {
    lookup = named_host(*job_.mx);
  } else {
    const MxLookupOptions look{.port = job_.port};
    lookup = co_await look_up_mx(resolver_, key, look);
  }
  DeliveryPlan plan = plan_delivery(lookup, key, &policy, job_.requiretls, at_random);
  co_await carry(std::move(plan), group, key.port.value_or(job_.port), result);
  if (!config_.smtp.tlsrpt_socket.empty())
    co_await tell_tlsrpt(resolver_, config_.smtp.tlsrpt_socket, key, decision, result.report,
                         result.notices);
}

/// RFC 8461 and RFC 7672 have nothing to say about an address: only the command line has.
asio::awaitable<void> Run::to_literal(const Group& group, DomainDelivery& result) {
  result.policy = job_.level ? std::string{level_name(*job_.level)} + " by the command line"
                             : "no policy: an address literal";
  DeliveryPlan plan;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(group.recipients.front().literal_address(), error);
  HostPolicy policy;
  policy.reason = result.policy;
  policy.client_certificate = job_.client_certificate;
  policy.client_key = job_.client_key;
  if (job_.level) policy.demand = literal_demand(*job_.level);
  if (error) {
    plan.permanent = true;
    plan.passed_over.push_back({Stage::dns_address, OutcomeClass::absent,
                                EvidenceKind::inconclusive, "not an IP address"});
  } else {
    plan.attempts.push_back({result.next_hop, address, std::move(policy)});
  }
  co_await carry(std::move(plan), group, job_.port, result);
}

asio::awaitable<void> Run::carry(DeliveryPlan plan, const Group& group, std::uint16_t port,
                                 DomainDelivery& result) {
  const DeliveryOptions how = options(port);
  result.report = co_await deliver(plan, envelope_of(group), message_.facts(), trusted_, how);
}

}  // namespace

Result<std::vector<DomainDelivery>> deliver_message(const Config& config, const DeliveryJob& job,
                                                    const Message& message, const Decide& decide,
                                                    const TlsMemory& did_tls) {
  auto groups = groups_of(job);
  if (!groups) return std::unexpected(std::move(groups.error()));
  const auto trusted = TrustStore::load(job.ca_file.empty() ? config.tls.ca_file : job.ca_file);
  if (!trusted) return std::unexpected(trusted.error());
  asio::io_context io;
  auto resolver = UnboundResolver::make(io.get_executor(), dns_options(config));
  if (!resolver) return std::unexpected(std::move(resolver.error()));
  Run run{io, config, job, message, decide, did_tls, **resolver, *trusted};
  std::vector<DomainDelivery> deliveries;
  for (auto& [name, group] : *groups) {
    std::exception_ptr thrown;
    asio::co_spawn(io, run.go(name, std::move(group)),
                   [&](const std::exception_ptr& exception, DomainDelivery done) {
                     thrown = exception;
                     deliveries.push_back(std::move(done));
                   });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
  }
  return deliveries;
}

}  // namespace tlspact

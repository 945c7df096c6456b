// SPDX-License-Identifier: MIT
#include "daemon/probe/probe_run.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <random>
#include <utility>

#include "daemon/dns/dnssec_self_test.h"
#include "daemon/dns/public_host.h"
#include "daemon/probe/public_suffixes.h"
#include "daemon/probe/session_evidence.h"
#include "daemon/probe/way_out.h"
#include "smtp/mx_lookup.h"
#include "smtp/session/socket_channel.h"
#include "smtp/side_by_side.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using Steady = PoliteQueue::Clock;

constexpr std::size_t kLookupsAtOnce = 64;
constexpr Seconds kMxSetAge = std::chrono::hours{6};

/// One connection that is to be made.
struct Endpoint {
  std::string host;
  asio::ip::address address;
  std::uint16_t port = 25;
  HostLookup found;
  bool canary = false;
};

/// `name` is the domain, or lies below it.
bool is_within(const std::string& name, const std::string& domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

/// SNI and TLSA as a delivery would have them, and nothing demanded: the verdict tells the rest.
HostPolicy probe_policy(const Endpoint& endpoint) {
  HostPolicy policy;
  policy.demand = TlsDemand::opportunistic;
  policy.sni = endpoint.found.tlsa_base.empty() ? endpoint.host : endpoint.found.tlsa_base;
  policy.tlsa = endpoint.found.tlsa;
  policy.reason = "a probe";
  return policy;
}

class Run {
 public:
  Run(const ProbeWork& work, const ProbeOptions& options, const TrustStore& trusted,
      const ProbeStates& states)
      : work_(work),
        options_(options),
        trusted_(trusted),
        states_(states),
        random_(std::random_device{}()) {}

  Result<ProbeReport> run() {
    std::exception_ptr thrown;
    Result<void> done;
    asio::io_context io;
    const std::stop_callback stop{options_.stop, [&io] { io.stop(); }};
    asio::co_spawn(io, all(), [&](const std::exception_ptr& exception, Result<void> result) {
      thrown = exception;
      done = std::move(result);
    });
    io.run();
    resolver_.reset();
    // What is suspended ends with the event loop.
    if (options_.stop.stop_requested()) return fail(Errc::try_again, "the probes were stopped");
    io.restart();
    io.run();  // what the resolver's end leaves to do
    if (thrown) std::rethrow_exception(thrown);
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(report_);
  }

 private:
  [[nodiscard]] asio::awaitable<Result<void>> all();
  [[nodiscard]] asio::awaitable<void> look_up_domains();
  [[nodiscard]] asio::awaitable<void> look_up_worker();
  [[nodiscard]] asio::awaitable<void> look_up_domain(PolicyKey key);
  [[nodiscard]] asio::awaitable<void> look_up_canary(std::string host);
  [[nodiscard]] asio::awaitable<void> probe_all();
  void begin(ProbeJob job, PoliteQueue& queue, asio::steady_timer& bell);
  [[nodiscard]] asio::awaitable<void> probe(const Endpoint& endpoint, PoliteQueue& queue,
                                            std::string operator_name);
  [[nodiscard]] SessionRequest request_to(const Endpoint& endpoint) const;
  void take(const std::string& next_hop, const MxLookup& lookup, std::uint16_t port);
  void add_endpoint(const std::string& host, const HostLookup& found, std::uint16_t port,
                    bool canary);
  [[nodiscard]] std::vector<ProbeJob> jobs();
  [[nodiscard]] bool opted_out(const std::string& name) const;
  [[nodiscard]] bool concerns(const WayOutFault& fault, const ProbeSighting& sighting) const;
  void judge();
  void sum_up();

  const ProbeWork& work_;
  const ProbeOptions& options_;
  const TrustStore& trusted_;
  const ProbeStates& states_;
  std::mt19937 random_;
  std::unique_ptr<Resolver> resolver_;
  PublicSuffixes suffixes_;
  TlsClient tls_;
  std::vector<PolicyKey> due_;
  std::size_t next_due_ = 0;
  std::map<Endpoints::Key, Endpoint> endpoints_;
  std::vector<const Endpoint*> numbered_;
  std::vector<ProbeSighting> sightings_;
  std::size_t total_ = 0;
  std::size_t in_work_ = 0;
  std::exception_ptr thrown_;  ///< by a probe
  Steady::time_point end_;
  ProbeReport report_;
};

asio::awaitable<Result<void>> Run::all() {
  auto made = co_await make_resolver(options_.dns);
  if (!made) co_return std::unexpected(std::move(made.error()));
  if (made->self_test.support == DnssecSupport::servers_unreachable) {
    report_.notices.push_back({Severity::warning, "probe",
                               made->self_test.text + ": nothing was probed, what is known stays"});
    co_return Result<void>{};
  }
  resolver_ = std::move(made->resolver);
  end_ = Steady::now() + options_.budget;
  co_await look_up_domains();
  co_await probe_all();
  judge();
  sum_up();
  co_return Result<void>{};
}

bool Run::opted_out(const std::string& name) const {
  return std::ranges::any_of(options_.opt_out,
                             [&](const std::string& each) { return is_within(name, each); });
}

asio::awaitable<void> Run::look_up_domains() {
  const Time now = options_.clock();
  for (const PolicyKey& key : work_.domains) {
    const auto known = states_.domains.find(key.text());
    const bool fresh = known != states_.domains.end() && known->second.look_again > now &&
                       known->second.look_again < now + 2 * options_.interval;
    if (opted_out(key.domain().text())) {
      if (work_.due_or_not) report_.not_done.push_back(key.text() + ": opted out");
    } else if (work_.due_or_not || !fresh) {
      due_.push_back(key);
    }
  }
  std::vector<asio::awaitable<void>> workers;
  for (std::size_t i = 0; i < std::min(kLookupsAtOnce, due_.size()); ++i)
    workers.push_back(look_up_worker());
  co_await side_by_side(std::move(workers));
  if (endpoints_.empty()) co_return;
  std::vector<asio::awaitable<void>> canaries;
  for (const std::string& host : options_.canaries)
    canaries.push_back(look_up_canary(host));
  co_await side_by_side(std::move(canaries));
}

asio::awaitable<void> Run::look_up_worker() {
  while (next_due_ < due_.size() && Steady::now() < end_) {
    PolicyKey key = due_[next_due_++];
    co_await look_up_domain(std::move(key));
  }
}

asio::awaitable<void> Run::look_up_domain(PolicyKey key) {
  const std::string text = key.text();
  const std::uint16_t port = key.port.value_or(options_.port);
  const MxLookupOptions how{.port = options_.port};
  const MxLookup lookup = co_await look_up_mx(*resolver_, std::move(key), how);
  take(text, lookup, port);
}

/// A lookup that failed leaves the MX set as it was last seen; its endpoints are not probed then,
/// because nobody knows their addresses.
void Run::take(const std::string& next_hop, const MxLookup& lookup, std::uint16_t port) {
  if (lookup.source == MxSource::failed) {
    report_.not_done.push_back(next_hop + ": " + lookup.reason);
    return;
  }
  SeenMxSet& seen = report_.mx_sets[next_hop];
  seen.look_again = options_.clock() + std::min(kMxSetAge, options_.interval);
  seen.hosts.reserve(lookup.hosts.size());
  for (const MxHost& host : lookup.hosts)
    seen.hosts.push_back(endpoint_host(host.name.text(), port, options_.port));
  if (seen.hosts.empty()) report_.not_done.push_back(next_hop + ": it takes no mail");
  for (const MxHost& host : lookup.hosts)
    add_endpoint(host.name.text(), host.found, port, false);
}

asio::awaitable<void> Run::look_up_canary(std::string host) {
  const HostLookup found =
      co_await look_up_host(*resolver_, Domain::from_normal_form(host), options_.port);
  add_endpoint(host, found, options_.port, true);
}

void Run::add_endpoint(const std::string& host, const HostLookup& found, std::uint16_t port,
                       bool canary) {
  if (opted_out(host)) {
    report_.not_done.push_back(host + ": opted out");
    return;
  }
  if (found.addresses.empty())
    report_.not_done.push_back(host + ": " +
                               (found.reason.empty() ? "it has no address" : found.reason));
  const Time now = options_.clock();
  for (const asio::ip::address& address : found.addresses) {
    if (!options_.private_addresses && !is_public(address)) {
      report_.not_done.push_back(host + " " + address.to_string() +
                                 ": is no public address, see [probe] private_addresses");
      continue;
    }
    const EndpointMemory* known =
        states_.endpoints.find(endpoint_host(host, port, options_.port), address.to_string());
    const bool due = work_.due_or_not || canary || known == nullptr || known->probe_again <= now ||
                     known->probe_again > now + 3 * options_.interval;  // by a wrong clock
    if (!due) continue;
    Endpoint& endpoint =
        endpoints_[{endpoint_host(host, port, options_.port), address.to_string()}];
    endpoint = {host, address, port, found, canary || endpoint.canary};
  }
}

/// In random order, so that no operator has all of his at the same moment.
std::vector<ProbeJob> Run::jobs() {
  std::vector<ProbeJob> out;
  for (const auto& [key, endpoint] : endpoints_) {
    out.push_back({.host = endpoint.host,
                   .address = key.second,
                   .operator_name = suffixes_.operator_of(endpoint.host),
                   .index = numbered_.size()});
    numbered_.push_back(&endpoint);
  }
  std::ranges::shuffle(out, random_);
  // Canaries first: what they say is needed for all the others.
  std::ranges::stable_partition(out,
                                [&](const ProbeJob& job) { return numbered_[job.index]->canary; });
  return out;
}

asio::awaitable<void> Run::probe_all() {
  PoliteQueue queue{jobs(), options_.politeness};
  total_ = queue.left();
  asio::steady_timer bell{co_await asio::this_coro::executor};
  while (!thrown_) {
    PoliteQueue::Turn turn;
    const bool may_begin = in_work_ < options_.at_once && Steady::now() < end_;
    if (may_begin) turn = queue.next(Steady::now());
    if (turn.job) {
      begin(*std::move(turn.job), queue, bell);
      continue;
    }
    const bool all_begun = turn.finished || Steady::now() >= end_;
    if (all_begun && in_work_ == 0) break;
    bell.expires_at(all_begun ? Steady::time_point::max()
                              : std::min(turn.earlier.value_or(end_), end_));
    boost::system::error_code ignored;
    co_await bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  report_.left = queue.left() + queue.dropped();
  if (thrown_) std::rethrow_exception(thrown_);
}

/// `bell` is cancelled when the probe is done: the one that waits for it looks again.
void Run::begin(ProbeJob job, PoliteQueue& queue, asio::steady_timer& bell) {
  ++in_work_;
  const Endpoint& endpoint = *numbered_[job.index];
  auto work = probe(endpoint, queue, job.operator_name);
  asio::co_spawn(bell.get_executor(), std::move(work),
                 [this, &queue, &bell, job = std::move(job)](const std::exception_ptr& exception) {
                   --in_work_;
                   if (exception) thrown_ = exception;
                   queue.done(job, Steady::now());
                   bell.cancel();
                   if (options_.progress) options_.progress(sightings_.size(), total_);
                 });
}

SessionRequest Run::request_to(const Endpoint& endpoint) const {
  SessionRequest request;
  request.host = endpoint.host;
  request.endpoint = {endpoint.address, endpoint.port};
  request.helo = options_.helo;
  request.policy = probe_policy(endpoint);
  request.deadlines = options_.deadlines;
  return request;
}

asio::awaitable<void> Run::probe(const Endpoint& endpoint, PoliteQueue& queue,
                                 std::string operator_name) {
  const SessionRequest request = request_to(endpoint);
  SocketChannel channel{co_await asio::this_coro::executor, tls_, request.deadlines.whole};
  const Time now = options_.clock();
  const SessionResult result = co_await run_session(channel, request, trusted_, now);
  if (result.outcome.outcome == OutcomeClass::tempfail && result.outcome.detail.starts_with("421"))
    queue.back_off(operator_name);
  auto evidence = session_evidence(request, result, options_.port, options_.clock());
  if (!evidence) co_return;
  ProbeSighting sighting{.evidence = *std::move(evidence),
                         .operator_name = std::move(operator_name),
                         .greeting = result.banner,
                         .canary = endpoint.canary};
  sightings_.push_back(std::move(sighting));
}

/// What a server that did TLS before denies now stays an alarm, whatever it greets with: an
/// attacker chooses the greeting.
bool Run::concerns(const WayOutFault& fault, const ProbeSighting& sighting) const {
  const Evidence& seen = sighting.evidence;
  if (seen.kind != EvidenceKind::negative || seen.tls) return false;
  if (fault.greeting.empty()) return true;
  const bool known = host_did_tls(states_.endpoints, seen.host, options_.rules, seen.at);
  return sighting.greeting == fault.greeting && !known;
}

void Run::judge() {
  const auto fault = way_out_fault(sightings_);
  if (!fault) return;
  report_.frozen = fault->text;
  report_.notices.push_back({Severity::alert, "probe",
                             fault->text + "; that a server does no TLS is not learned meanwhile"});
  for (ProbeSighting& each : sightings_) {
    if (!concerns(*fault, each)) continue;
    each.evidence.kind = EvidenceKind::inconclusive;
    each.evidence.detail = "does not count, the way out is at fault: " + each.evidence.detail;
  }
}

void Run::sum_up() {
  for (ProbeSighting& each : sightings_)
    report_.evidence.push_back(std::move(each.evidence));
  if (report_.left > 0)
    report_.notices.push_back({Severity::note, "probe",
                               std::to_string(report_.left) + " probes are left for the next run"});
}

}  // namespace

Result<ProbeReport> run_probes(const ProbeWork& work, const ProbeOptions& options,
                               const ProbeStates& states) {
  if (work.domains.empty()) return ProbeReport{};
  const auto trusted = TrustStore::load(options.ca_file);
  if (!trusted) return std::unexpected(trusted.error());
  return Run{work, options, *trusted, states}.run();
}

std::set<std::string> learn_from(const ProbeReport& report, const ProbeOptions& options,
                                 ProbeStates& states) {
  std::set<std::string> changed;
  for (const auto& [next_hop, seen] : report.mx_sets) {
    LearnedDomain& domain = states.domains[next_hop];
    domain.domain = next_hop;
    domain.hosts = seen.hosts;
    domain.look_again = seen.look_again;
    changed.insert(next_hop);
  }
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> jitter{0, 1};
  for (const Evidence& seen : report.evidence) {
    EndpointMemory& memory = states.endpoints.at(seen.host, seen.address);
    memory = remember(std::move(memory), seen, options.rules,
                      {.interval = options.interval, .jitter = jitter(random)});
  }
  const Time now = options.clock();
  for (auto& [text, domain] : states.domains) {
    LearnedDomain judged = learn(domain, states.endpoints, options.rules, now);
    if (judged == domain) continue;
    domain = std::move(judged);
    changed.insert(text);
  }
  return changed;
}

}  // namespace tlspact

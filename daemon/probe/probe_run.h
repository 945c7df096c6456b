// SPDX-License-Identifier: MIT
/// run_probes(): looks at the TLS of the MX hosts of many domains, side by side and politely.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/dns/dns_options.h"
#include "daemon/probe/polite_queue.h"
#include "policy/learning.h"
#include "policy/notice.h"
#include "policy/policy_key.h"
#include "smtp/session/session.h"

namespace tlspact {

struct ProbeOptions {
  DnsOptions dns;
  std::string ca_file;  ///< PEM; empty: the system's store
  std::string helo;
  std::uint16_t port = 25;  ///< of MX hosts; a next-hop may name another one
  std::size_t at_once = 200;
  Politeness politeness;
  std::vector<std::string> canaries;  ///< hosts that are known to do TLS
  std::vector<std::string> opt_out;   ///< hosts and domains, with everything below them
  bool private_addresses = false;     ///< true: MX hosts may have any address
  LearnRules rules;
  Seconds interval = std::chrono::hours{24};
  SessionDeadlines deadlines;
  /// After so long no probe is begun; what is left is due in the next run.
  std::chrono::milliseconds budget = std::chrono::minutes{10};
  std::function<Time()> clock;
  /// Called after each probe; empty: nobody looks.
  std::function<void(std::size_t done, std::size_t total)> progress;
  std::stop_token stop = {};  ///< ends the run at once, and nothing comes of it
};

/// What is known of next-hops and of endpoints.
struct ProbeStates {
  std::map<std::string, LearnedDomain, std::less<>> domains;
  Endpoints endpoints;
};

struct ProbeWork {
  std::vector<PolicyKey> domains;  ///< no parent patterns
  bool due_or_not = false;         ///< look at all of them now
};

/// The MX set of a next-hop as it was found.
struct SeenMxSet {
  std::vector<std::string> hosts;  ///< as LearnedDomain::hosts
  Time look_again;
};

struct ProbeReport {
  std::vector<Evidence> evidence;            ///< of this run, in the order in which it came
  std::map<std::string, SeenMxSet> mx_sets;  ///< by next-hop
  std::vector<std::string> not_done;  ///< "HOST: why", for people: opted out, no address, DNS
  std::size_t left = 0;               ///< probes that are still due
  std::string frozen;                 ///< why nothing of it teaches; empty: it does
  Notices notices;
};

/// Looks up the MX sets that are due, then probes each endpoint of theirs that is due, once. One
/// connection: banner, EHLO, STARTTLS, handshake, EHLO, QUIT, with whatever certificate there is.
/// Blocks the calling thread, which runs an event loop meanwhile. What follows from it is for
/// learn_from().
///
/// Where the way out is at fault (way_out.h) that a server does no TLS counts as inconclusive, and
/// `frozen` says why. An operator that answers 421 is not asked again in this run. Errors: an
/// authority file that cannot be read; a resolver that cannot be made; try_again: it was stopped.
[[nodiscard]] Result<ProbeReport> run_probes(const ProbeWork& work, const ProbeOptions& options,
                                             const ProbeStates& states);

/// Brings `states` up to what the report says: they may be newer than those that the probes began
/// with. Returns the next-hops whose LearnedDomain has changed. Needs rules, interval and clock.
[[nodiscard]] std::set<std::string> learn_from(const ProbeReport& report,
                                               const ProbeOptions& options, ProbeStates& states);

}  // namespace tlspact

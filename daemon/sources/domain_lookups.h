// SPDX-License-Identifier: MIT
/// Looking up what many domains publish, side by side, with bounded work.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/dns/dns_options.h"
#include "daemon/sources/sts_fetcher.h"
#include "policy/dane_memory.h"
#include "policy/notice.h"
#include "policy/policy_key.h"
#include "policy/sts_cache.h"

namespace tlspact {

/// What is remembered: DANE by the text of the next-hop, which may have a port; MTA-STS by that of
/// the policy domain.
struct PublishedStates {
  std::map<std::string, DaneMemory, std::less<>> dane;
  std::map<std::string, StsState, std::less<>> sts;
};

/// What is to be looked up, each once.
struct LookupWork {
  std::vector<PolicyKey> dane;  ///< no parent patterns
  std::vector<Domain> sts;

  [[nodiscard]] std::size_t size() const { return dane.size() + sts.size(); }
};

struct LookupOptions {
  DnsOptions dns;
  StsFetchOptions fetch;
  StsTimes times;
  Seconds max_stale = std::chrono::hours{72};
  /// Domains in work at once. Their DNS questions are bounded by `dns`, their fetches by `fetch`.
  std::size_t at_once = 128;
  /// After so long nothing new is begun; what is left is still due in the next run.
  std::chrono::milliseconds budget = std::chrono::minutes{15};
  std::function<Time()> clock;
  /// Called now and then, and at the end; empty: nobody looks.
  std::function<void(std::size_t done, std::size_t total)> progress;
  /// Called now and then, and at the end, with what has changed since the last call.
  std::function<void(const PublishedStates& changed)> keep;
  std::stop_token stop = {};  ///< ends the look-ups with what is known by then
};

/// Looks up `work` and brings `states` up to date. Blocks the calling thread, which runs an event
/// loop of its own meanwhile. Never fails: what could not be looked up keeps its state, by the
/// rules of sts_cache.h and dane_memory.h, and the causes are notices.
///
/// - Without name servers that answer nothing is begun: an outage of ours is no news about a
///   domain. The same once many look-ups in a row have failed.
/// - Where validation cannot work, with a cause that an administrator has to mend, DANE is not
///   looked up, so that no signed domain counts as failing; MTA-STS is.
[[nodiscard]] Notices look_up_domains(const LookupWork& work, const LookupOptions& options,
                                      PublishedStates& states);

}  // namespace tlspact

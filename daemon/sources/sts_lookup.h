// SPDX-License-Identifier: MIT
/// look_up_sts: one domain's MTA-STS, from the TXT question to the policy (RFC 8461 section 3).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "daemon/sources/sts_fetcher.h"
#include "policy/domain.h"
#include "policy/sts_cache.h"
#include "smtp/resolver.h"

namespace tlspact {

struct StsLookedUp {
  StsState state;  ///< what is to be kept; `next_look` is set
  /// What the TXT question said; nullopt: nobody answered.
  std::optional<StsRecordFinding> record;
  bool fetched = false;  ///< a policy came, which may equal the one before
  /// Why the question or the fetch failed; empty: nothing did. One line without control bytes.
  std::string error;
  /// Of the fetch; `none` if none was made or it succeeded. For TLSRPT.
  StsFault fault = StsFault::none;
};

using StsClock = std::function<Time()>;

/// Asks for the record of `_mta-sts.DOMAIN`, does what sts_cache.h says about `state`, and fetches
/// the policy if that is due. CNAMEs of the record are the resolver's business; the policy host is
/// mta-sts.DOMAIN whatever they say (section 8.2). `jitter`: 0 to 1. `resolver` and `fetcher` must
/// outlive it. Throws only if it is cancelled; then `state` is as good as before.
[[nodiscard]] boost::asio::awaitable<StsLookedUp> look_up_sts(Domain domain, StsState state,
                                                              Resolver& resolver,
                                                              StsFetcher& fetcher, StsTimes times,
                                                              StsClock clock, double jitter);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// What has an end, and will come to it soon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/probe/probe_run.h"
#include "daemon/store/store.h"

namespace tlspact {

struct Ending {
  enum class Kind : std::uint8_t { list, agreement, sts_policy, certificate, held_policy, learned };
  Kind kind = Kind::list;
  std::string name;  ///< of the list, the partner, the domain, the MX host
  Time at;
  std::string text;     ///< for people: what it is, and whether it is renewed in time
  bool at_risk = true;  ///< false: it is renewed by itself, and nothing has failed so far
};

/// "list", "agreement", "MTA-STS policy", "certificate", "held policy", "learned".
[[nodiscard]] std::string_view ending_kind_name(Ending::Kind kind);

/// How far it is looked ahead.
inline constexpr Seconds kEndingHorizon = std::chrono::days{30};
/// Of each kind, the soonest ones.
inline constexpr std::size_t kMostEndings = 50;

struct Expiring {
  std::vector<Ending> rows;                     ///< soonest first
  std::size_t count = 0;                        ///< with those that are not in `rows`
  std::map<Ending::Kind, std::size_t> by_kind;  ///< of `count`
  std::vector<std::string> faults;
};

/// Lists that are configured, agreements, cached MTA-STS policies, certificates of MX hosts as they
/// were last seen, policies that the guard holds back, and what was learned and not seen for a
/// week; of all of them what ends within kEndingHorizon of `now`.
[[nodiscard]] Expiring expiring(const Config& config, Store& store, const ProbeStates& states,
                                Time now);

}  // namespace tlspact

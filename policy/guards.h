// SPDX-License-Identifier: MIT
/// Guards: what keeps a snapshot from being published, or is said about it, before anything is
/// installed. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "policy/policy_list.h"
#include "policy/snapshot.h"

namespace tlspact {

/// What a new version of a list gives up of the last good one.
struct ListLoss {
  std::size_t domains = 0;        ///< of the last good list
  std::size_t enforced = 0;       ///< of them, those with an enforced policy
  std::size_t lost_domains = 0;   ///< no longer listed
  std::size_t lost_enforced = 0;  ///< no longer enforced: not listed, or only for testing
};

/// `early_adopter`: testing counts as enforce. A list that is replaced by another of the same size
/// loses everything.
[[nodiscard]] ListLoss compare_lists(const PolicyList& before, const PolicyList& after,
                                     bool early_adopter);

/// More than `max_percent` of the domains or of the enforced ones, and at least 50 of them: a list
/// that shrinks so much is a mistake of its publisher more often than not.
[[nodiscard]] bool shrinks_too_much(const ListLoss& loss, unsigned max_percent);

/// A next-hop that was enforced and is now less so.
struct Downgrade {
  SnapshotEntry before;
  std::optional<Level> after;  ///< nullopt: there is no entry any more
};

/// Calls `visit` for every next-hop whose level in `before` required TLS or DANE and is stronger
/// than what holds for it in `after`, by its own key or by a `.parent`.
void each_downgrade(const Snapshot& before, const Snapshot& after,
                    const std::function<void(const Downgrade&)>& visit);

enum class ClockVerdict {
  good,
  backwards,   ///< it stands before the last run: expired policies would come back
  far_behind,  ///< the last run was over 30 days ago, and nothing vouches for the time
};

/// `synchronised`: the kernel says that somebody keeps its clock right.
[[nodiscard]] ClockVerdict judge_clock(Time last_run, Time now, bool synchronised);

}  // namespace tlspact

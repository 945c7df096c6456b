// SPDX-License-Identifier: MIT
/// PolicyList: a published STARTTLS-Everywhere list, verified and parsed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/candidate.h"
#include "policy/domain.h"
#include "policy/time.h"

namespace tlspact {

/// Immutable once built. Domains that name the same alias, or carry the same policy, share it.
struct PolicyList {
  struct Policy {
    Mode mode = Mode::testing;  ///< testing or enforce
    std::shared_ptr<const TlsPolicy> tls;
  };
  struct Entry {
    Domain domain;
    std::uint32_t policy = 0;  ///< index into `policies`
  };

  std::string author;
  Time timestamp;                ///< when the publisher made it
  Time expires;                  ///< the first moment at which it no longer holds
  std::vector<Policy> policies;  ///< without duplicates
  std::vector<Entry> entries;    ///< sorted by domain, each domain once

  /// Exact match: a list says nothing about subdomains. nullptr: not listed.
  [[nodiscard]] const Policy* find(const Domain& domain) const {
    const auto found = std::ranges::lower_bound(entries, domain, {}, &Entry::domain);
    if (found == entries.end() || found->domain != domain) return nullptr;
    return &policies[found->policy];
  }

  [[nodiscard]] std::size_t count(Mode mode) const {
    return static_cast<std::size_t>(std::ranges::count(
        entries, mode, [this](const Entry& entry) { return policies[entry.policy].mode; }));
  }
};

}  // namespace tlspact

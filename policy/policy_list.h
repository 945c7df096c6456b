// SPDX-License-Identifier: MIT
/// PolicyList: a published STARTTLS-Everywhere list, verified and parsed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/candidate.h"
#include "policy/domain.h"
#include "policy/policy_code.h"
#include "policy/text_pool.h"
#include "policy/time.h"

namespace tlspact {

/// Immutable once built. Ten million domains fit: a domain costs its text and 16 bytes, and domains
/// that name the same alias, or carry the same policy, share it.
struct PolicyList {
  struct Entry {
    std::uint32_t name = 0;    ///< number in `names`
    std::uint32_t policy = 0;  ///< number in `modes` and `codes`
  };

  std::string author;
  Time timestamp;  ///< when the publisher made it
  Time expires;    ///< the first moment at which it no longer holds
  TextPool names;  ///< domains in normal form, in the order of the file
  /// The policies, each once: mode (testing or enforce) and code (policy_code.h).
  std::vector<Mode> modes;
  TextPool codes;
  std::vector<Entry> entries;  ///< sorted by domain, each domain once

  [[nodiscard]] std::string_view domain(const Entry& entry) const { return names[entry.name]; }
  [[nodiscard]] Mode mode(const Entry& entry) const { return modes[entry.policy]; }
  [[nodiscard]] TlsPolicy tls(const Entry& entry) const {
    return decode_policy(codes[entry.policy]);
  }

  /// Exact match: a list says nothing about subdomains. nullptr: not listed.
  [[nodiscard]] const Entry* find(std::string_view domain_text) const {
    const auto text_of = [this](const Entry& entry) { return domain(entry); };
    const auto found = std::ranges::lower_bound(entries, domain_text, {}, text_of);
    return found == entries.end() || domain(*found) != domain_text ? nullptr : &*found;
  }

  [[nodiscard]] std::size_t count(Mode wanted) const {
    return static_cast<std::size_t>(
        std::ranges::count(entries, wanted, [this](const Entry& entry) { return mode(entry); }));
  }
};

}  // namespace tlspact

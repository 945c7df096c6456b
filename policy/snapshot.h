// SPDX-License-Identifier: MIT
/// Snapshot: every entry that is in force at one moment, sorted, immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/agreement.h"
#include "policy/decide.h"
#include "policy/notice.h"
#include "policy/policy_inputs.h"

namespace tlspact {

struct SnapshotEntry {
  PolicyKey key;
  std::shared_ptr<const TlsPolicy> policy;               ///< never nullptr
  std::shared_ptr<const TlsPolicy> policy_without_dane;  ///< see Decision; nullptr: no entry
  /// See Decision: what an agreement falls back on. nullptr: nothing.
  std::shared_ptr<const TlsPolicy> published_without_dane;
  Source source = Source::list;  ///< of the winner
  bool exception = false;        ///< the winner is an agreement marked as an exception
  std::string origin;            ///< name of the list, partner of the agreement
  std::optional<Time> valid_until;

  [[nodiscard]] bool holds_at(Time now) const { return !valid_until || now < *valid_until; }

  /// The key's text, by which a snapshot is sorted.
  [[nodiscard]] std::string text() const { return key.text(); }
};

/// What remains of `policy` where an MTA cannot do its authentication: what the domain publishes,
/// if that authenticates, else TLS without authentication. MX set, TLS version and ciphers of the
/// agreement stay.
[[nodiscard]] TlsPolicy without_authentication(const SnapshotEntry& entry, TlsPolicy policy);

/// The entry that a decision leads to; nullopt: none.
[[nodiscard]] std::optional<SnapshotEntry> entry_of(const Decision& decision);

/// Whether the decision for a domain only repeats what the agreement on a `.parent` says on its own
/// key, so that no entry of its own is needed.
[[nodiscard]] bool repeats_parent(const Decision& decision);

struct Snapshot {
  Time decided_at;
  std::vector<SnapshotEntry> entries;  ///< sorted by key text, each key once
  /// What the decisions remarked, worded: one for each next-hop concerned.
  Notices notices;
  /// Agreements that ask for `secure` but name nothing: refused input (exit code 65).
  std::size_t without_names = 0;
  /// The agreements in force that promise something for mail to us, in the order of the inputs.
  std::vector<std::shared_ptr<const Agreement>> inbound;

  /// Exact match on the key's text; nullptr: no entry.
  [[nodiscard]] const SnapshotEntry* find(std::string_view key_text) const;
};

/// Decides every key of `inputs`. An entry that would only repeat what an agreement's `.parent`
/// says anyway is left out: both MTAs find the parent's.
[[nodiscard]] Snapshot build_snapshot(const PolicyInputs& inputs, const DecisionRules& rules,
                                      Time now);

/// What `remark` means for `key`, as a notice.
[[nodiscard]] Notice notice_of(Remark remark, const Decision& decision);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Snapshot: every entry that is in force at one moment, sorted, immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/agreement.h"
#include "policy/notice.h"
#include "policy/policy_code.h"
#include "policy/policy_inputs.h"
#include "policy/text_pool.h"

namespace tlspact {

/// One entry, spread out for rendering. A snapshot keeps them packed.
struct SnapshotEntry {
  PolicyKey key;
  std::shared_ptr<const TlsPolicy> policy;               ///< never nullptr
  std::shared_ptr<const TlsPolicy> policy_without_dane;  ///< see Decision; nullptr: no entry
  /// See Decision: what an agreement falls back on. nullptr: nothing.
  std::shared_ptr<const TlsPolicy> published_without_dane;
  std::shared_ptr<const std::string> policy_lines;  ///< see Decision. nullptr: none
  Source source = Source::list;                     ///< of the winner
  bool exception = false;      ///< the winner is an agreement marked as an exception
  bool tlsa_at_alias = false;  ///< see Decision
  std::string origin;          ///< name of the list, partner of the agreement
  std::optional<Time> valid_until;

  [[nodiscard]] bool holds_at(Time now) const { return !valid_until || now < *valid_until; }

  /// The key's text, by which a snapshot is sorted.
  [[nodiscard]] std::string text() const { return key.text(); }
};

/// What remains of `policy` where an MTA cannot do its authentication: what the domain publishes,
/// if that authenticates, else TLS without authentication. MX set, TLS version and ciphers of the
/// agreement stay.
[[nodiscard]] TlsPolicy without_authentication(const SnapshotEntry& entry, TlsPolicy policy);

/// An entry out of its key and the code of its ruling, as a snapshot keeps them: all but the
/// origin, which is number `origin` of the snapshot's. A code that no snapshot made is a
/// std::logic_error.
struct DecodedEntry {
  SnapshotEntry entry;
  std::uint64_t origin = 0;
};
[[nodiscard]] DecodedEntry decode_entry(std::string_view key_text, std::string_view ruling_code);

/// Of the same, what Postfix' live answers need, without the typed entry: views of the code.
/// nullopt: the policy is none that read_plain_policy() takes. What is not in it is not looked at.
struct PlainRuling {
  Source source = Source::list;
  std::optional<Time> valid_until;
  PlainPolicy policy;
  std::string_view policy_lines;  ///< empty: none
};
[[nodiscard]] std::optional<PlainRuling> read_plain_ruling(std::string_view ruling_code);

/// Everything of an entry but its key. Domains of the same alias or policy of a list share one.
struct Ruling {
  Level level = Level::may;
  Source source = Source::list;
};

/// Ten million entries fit: an entry costs its key's text and 12 bytes, a ruling about 60 bytes
/// (that of an MTA-STS policy has its lines as well), and equal rulings are kept once. Only
/// SnapshotBuilder makes one that is not empty.
class Snapshot {
 public:
  [[nodiscard]] std::size_t size() const { return ruling_of_.size(); }
  [[nodiscard]] std::string_view key_text(std::size_t index) const { return keys_[index]; }

  /// Entries with the same number have the same ruling; numbers count from 0 to ruling_count().
  [[nodiscard]] std::uint32_t ruling_number(std::size_t index) const { return ruling_of_[index]; }
  [[nodiscard]] std::size_t ruling_count() const { return rulings_.size(); }

  /// The start of a ruling, without decoding all of it.
  [[nodiscard]] Ruling ruling(std::size_t index) const;
  [[nodiscard]] SnapshotEntry entry(std::size_t index) const;

  /// Whether two entries, of two snapshots, differ in nothing but their keys.
  [[nodiscard]] static bool same_ruling(const Snapshot& a, std::size_t i, const Snapshot& b,
                                        std::size_t j);

  /// Exact match on the key's text.
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view key_text) const;
  [[nodiscard]] std::optional<SnapshotEntry> find(std::string_view key_text) const;

  [[nodiscard]] std::size_t count(Source source) const;

  Time decided_at;
  /// What the decisions remarked, worded: one for each next-hop concerned.
  Notices notices;
  /// Agreements that ask for `secure` but name nothing: refused input (exit code 65).
  std::size_t without_names = 0;
  /// The agreements in force that promise something for mail to us, in the order of the inputs.
  std::vector<std::shared_ptr<const Agreement>> inbound;

  /// What a file holds of it (lookup/snapshot_file.h).
  struct Parts {
    TextPool keys;
    TextPool rulings;
    TextPool origins;
    std::vector<std::uint32_t> ruling_of;
  };
  /// Precondition: made from the parts of another snapshot.
  [[nodiscard]] static Snapshot of(Parts parts, Time decided_at);
  [[nodiscard]] const TextPool& keys() const { return keys_; }
  [[nodiscard]] const TextPool& rulings() const { return rulings_; }
  [[nodiscard]] const TextPool& origins() const { return origins_; }
  [[nodiscard]] const std::vector<std::uint32_t>& ruling_numbers() const { return ruling_of_; }

 private:
  friend class SnapshotBuilder;
  TextPool keys_;     ///< ascending
  TextPool rulings_;  ///< encoded
  TextPool origins_;
  std::vector<std::uint32_t> ruling_of_;  ///< by index
};

/// Puts a snapshot together. Keys come in ascending order of their texts, each once.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(Time decided_at) { snapshot_.decided_at = decided_at; }

  void add(const SnapshotEntry& entry) { add(entry.text(), add_ruling(entry)); }
  void add(std::string_view key_text, std::uint32_t ruling);

  /// The number of the ruling of `entry`, whose key does not matter.
  std::uint32_t add_ruling(const SnapshotEntry& entry);
  /// The same for a list's own policy, as it is encoded there.
  std::uint32_t add_ruling(const PublishedList& list, std::string_view policy_code);

  [[nodiscard]] Snapshot take();

 private:
  std::uint32_t origin_number(const std::string& origin);
  std::uint32_t intern(const std::string& code);
  Snapshot snapshot_;
  std::unordered_map<std::string, std::uint32_t> known_rulings_;
  std::unordered_map<std::string, std::uint32_t> known_origins_;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Answerer: from a key to the bytes that go back to the MTA.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "generators/rendered_entry.h"
#include "lookup/mapped_snapshot.h"
#include "lookup/negative_cache.h"
#include "lookup/query_key.h"

namespace tlspact {

/// What is asked, and in which words the answer is.
enum class LiveTable : std::uint8_t {
  postfix,                 ///< a socketmap of any name: the lines of the map
  postfix_without_report,  ///< QUERY, as postfix-tlspol has it: never the TLSRPT group
  exim,                    ///< readsocket
};

/// "QUERY", in any case, is the one name of a socketmap that means something.
[[nodiscard]] LiveTable table_of_map(std::string_view name);

struct LiveAnswer {
  /// Ready to be sent; good until the next call. Empty: a fault of ours, which Exim's pieces take
  /// for the strictest level.
  std::string_view bytes;
  /// False: nothing is known of this key, and `bytes` is what to say if nobody can find it out.
  bool is_known = true;
  /// There is an entry, and it cannot be read: a line in the log is due.
  bool is_fault = false;
};

/// Renders with render_postfix_entry and render_exim_entry, as the maps are, or for Postfix with
/// append_plain_postfix_value, which comes to the same. Without a snapshot there is no policy. Of
/// one thread.
class Answerer {
 public:
  /// From here on `snapshot`; nullptr: none. Returns the one before.
  std::unique_ptr<MappedSnapshot> exchange(std::unique_ptr<MappedSnapshot> snapshot);
  [[nodiscard]] MappedSnapshot* snapshot() const { return snapshot_.get(); }

  [[nodiscard]] LiveAnswer answer(LiveTable table, const QueryKey& key, Time now);

  /// There is no policy for the key until then; an entry in the snapshot counts for more.
  void remember_none(std::string_view key, Time until) { negatives_.remember(key, until); }

  /// The reply that a fault of our own has: TEMP for Postfix, none for Exim.
  [[nodiscard]] static LiveAnswer fault(LiveTable table);
  /// The reply to a socketmap request without a map or a key.
  [[nodiscard]] static std::string_view malformed();

 private:
  enum class Found : std::uint8_t {
    nothing,   ///< no entry, or one that has run out
    no_value,  ///< an entry that this MTA gets nothing for
    reply,
    fault,
  };

  /// The entry filed under `key_text` exactly: its reply goes to reply_.
  Found look_up(LiveTable table, std::string_view key_text, Time now);
  /// False: it is none of the usual entries.
  [[nodiscard]] bool write_plain(const PostfixOptions& options, std::string_view key_text,
                                 const PlainRuling& ruling);
  /// Precondition: not of Exim.
  [[nodiscard]] const PostfixOptions& postfix_options(LiveTable table) const;
  Found render(LiveTable table, std::string_view key_text, std::uint32_t index, Time now);
  [[nodiscard]] RenderedEntry rendered(LiveTable table, const SnapshotEntry& entry) const;
  /// Exim asks once: the patterns of the parents, nearest first.
  Found look_up_parents(std::string_view domain, Time now);
  [[nodiscard]] bool is_known_none(std::string_view key_text, Time now);

  std::unique_ptr<MappedSnapshot> snapshot_;
  PostfixOptions without_report_;
  NegativeCache negatives_;
  std::string_view reply_;
  std::string bytes_;  ///< holds reply_
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// MappedSnapshot: the published snapshot, answered from where it lies in its file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "generators/table/parts_file.h"
#include "lookup/fault_guard.h"
#include "lookup/key_index.h"
#include "lookup/live_options.h"
#include "lookup/snapshot_file.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Opening takes no time at any size: only what lies where is checked. Everything else in the file
/// is distrusted at each use, so that noise is answered as "not there" or as an Error and never
/// crashes; check() goes over the checksum meanwhile. Of one thread. The file must be one that is
/// replaced by rename; if somebody cuts it off all the same, is_damaged().
class MappedSnapshot {
 public:
  /// Errors: no_input, there is none; bad_input, it is no snapshot, or of another version; io.
  [[nodiscard]] static Result<std::unique_ptr<MappedSnapshot>> open(
      const std::filesystem::path& file);

  MappedSnapshot(const MappedSnapshot&) = delete;
  MappedSnapshot& operator=(const MappedSnapshot&) = delete;
  MappedSnapshot(MappedSnapshot&&) = delete;
  MappedSnapshot& operator=(MappedSnapshot&&) = delete;
  ~MappedSnapshot();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] Time decided_at() const { return decided_at_; }
  [[nodiscard]] const LiveOptions& options() const { return options_; }

  /// Exact match on the key's text.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key_text) const;
  /// As Snapshot::ruling_number.
  [[nodiscard]] std::uint32_t ruling_number(std::uint32_t index) const;
  /// As read_plain_ruling(); nullopt also where the file is damaged, of which entry() tells.
  [[nodiscard]] std::optional<PlainRuling> plain_ruling(std::uint32_t index) const;
  /// Without its origin. bad_input: the file is damaged there.
  [[nodiscard]] Result<SnapshotEntry> entry(std::string_view key_text, std::uint32_t index) const;

  /// Until when it is known that there is no policy.
  [[nodiscard]] std::optional<Time> none_until(std::string_view key_text) const;

  /// A key that find() will be asked for, and what is known of it so far.
  struct Ahead {
    std::uint64_t hash = 0;
    std::uint32_t index = 0;
    std::uint32_t ruling = 0;
  };
  /// The steps of looking ahead (key_index.h): what find(), plain_ruling() and entry() will touch
  /// is called for. Nothing comes of them but time. False: there is nothing more to call for.
  [[nodiscard]] Ahead look_ahead(std::string_view key_text) const;
  [[nodiscard]] bool look_ahead_entry(Ahead& ahead) const;
  [[nodiscard]] bool look_ahead_key(Ahead& ahead) const;
  void look_ahead_ruling(const Ahead& ahead) const;

  /// Goes over about `bytes` more of the file; the state is good once all of it has its checksum.
  /// Does not wait for a disk: what is not in memory is called for, and looked at in a later call
  /// (of a hundred, at the latest).
  PartsCheck::State check(std::size_t bytes);
  /// A page of it could not be read: answers since may be wrong.
  [[nodiscard]] bool is_damaged() const { return guard_.has_tripped(); }

 private:
  explicit MappedSnapshot(std::string_view bytes)
      : bytes_(bytes), guard_(bytes.data(), bytes.size()) {}
  [[nodiscard]] Result<void> take_parts();
  [[nodiscard]] std::string_view part(SnapshotPart which) const {
    return parts_[static_cast<std::size_t>(which)];
  }
  /// Precondition: a number below rulings_.
  [[nodiscard]] std::string_view ruling_code(std::uint32_t number) const;

  std::string_view bytes_;
  FaultGuard guard_;
  std::array<std::string_view, kSnapshotParts> parts_;
  std::size_t size_ = 0;
  std::size_t rulings_ = 0;
  Time decided_at_;
  LiveOptions options_;
  KeyIndex keys_;
  KeyIndex negatives_;
  PartsCheck check_;
  int put_off_ = 0;  ///< calls of check() in a row that only called for memory
};

}  // namespace tlspact

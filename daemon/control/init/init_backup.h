// SPDX-License-Identifier: MIT
/// InitBackup: what stood in the MTAs' configuration before `init --apply` touched it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "daemon/control/init/config_file.h"
#include "policy/result.h"

namespace tlspact {

/// A directory (STATE_DIR/init-backup, mode 0700) with the old bytes of every file, the bytes that
/// were written, and a manifest. It is on disk before a file is touched, so that a run that is
/// killed anywhere can be undone. It must belong to the user who runs this and be writable by
/// nobody else: root puts back what it says.
class InitBackup {
 public:
  /// One file that init changed.
  struct Entry {
    FileState original;  ///< as before the first apply
    std::string written_sha256;
    std::string written;  ///< the text that init wrote
    std::string name;     ///< of the copies: NAME.original, NAME.written
  };

  /// Reads the manifest; a directory that is not there is an empty backup. Error: it belongs to
  /// somebody else, or cannot be read.
  [[nodiscard]] static Result<InitBackup> open(const std::filesystem::path& directory);

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  /// An apply was begun and did not come to its end.
  [[nodiscard]] bool unfinished() const { return !finished_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// Durably, before the files are touched. A file that the backup has already keeps its original;
  /// if it was edited since, its original becomes the edited text without our changes (diff3). Of a
  /// file that is all ours the edits are kept as NAME.edited, also by remove(). Error: also if
  /// edits and changes cannot be told apart.
  [[nodiscard]] Result<void> record(std::span<const FileChange> changes);
  /// The apply is at its end.
  [[nodiscard]] Result<void> finish();

  /// What undo has to write, last change first. A file that was edited since keeps the edits and
  /// loses our changes; its path is added to `edited`. Error try_again: they cannot be told apart,
  /// or a file that init made was edited; nothing is written then.
  [[nodiscard]] Result<std::vector<FileState>> undo_states(
      std::vector<std::filesystem::path>& edited) const;
  /// After the undo: the manifest, the copies, and directories that were made and are empty.
  [[nodiscard]] Result<void> remove();
  /// Makes the manifest what it was when `before` was read: for an apply that was taken back.
  [[nodiscard]] Result<void> go_back_to(const InitBackup& before);

 private:
  explicit InitBackup(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<void> read_manifest();
  [[nodiscard]] Result<void> write_manifest() const;
  [[nodiscard]] Result<void> record_one(const FileChange& change);
  [[nodiscard]] Result<void> write_copy(const std::string& name, const std::string& bytes) const;
  [[nodiscard]] Result<std::string> without_ours(const Entry& entry) const;

  std::filesystem::path directory_;
  bool finished_ = true;
  std::vector<Entry> entries_;
  std::vector<std::filesystem::path> made_directories_;
};

}  // namespace tlspact

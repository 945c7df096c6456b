// SPDX-License-Identifier: MIT
/// History: the generations that were installed, and the files of those that were replaced.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generators/install/file_identity.h"
#include "generators/install/staging.h"
#include "policy/time.h"

namespace tlspact {

/// The cause of a generation of files in place that no other knows.
inline constexpr std::string_view kFoundInPlace = "found in place";

/// One set of files that was installed together.
struct InstalledGeneration {
  struct File {
    std::filesystem::path path;
    std::string mta;
    std::optional<TableType> type;  ///< nullopt: a plain file
    /// The generation that this file came with: it may have lived through several.
    unsigned origin = 0;
    std::string stored;  ///< its name in that generation's directory, once it is replaced
    FileIdentity identity;
  };
  unsigned number = 0;
  Time made;
  std::string cause;  ///< one line: "generate", "rollback to 5"
  std::vector<File> files;
};

/// An operator's word that a generation stays, whatever the sources say.
struct Hold {
  unsigned generation = 0;
  Time since;
};

/// A directory: `N/manifest` for each generation, `N/STORED` for the files that came with N and
/// were replaced since, `N/snapshot` for what was published with it, `hold` ("5
/// 2026-09-02T10:00:00Z"), `rollback` (the number that one under way goes to), and `unfinished`.
/// Files are copies, never links to a map in use. A manifest is written, durably, before the files
/// that it describes are renamed into place; so a run that was killed leaves at worst a generation
/// that is newer than some of the files, and the next install goes by what is in place. For one
/// process at a time (RunLock), but for what only reads: that sees a file that has just gone as
/// gone.
class History {
 public:
  /// Reads what is there; a directory that does not exist is an empty history. A manifest that
  /// cannot be read is passed over. `keep`: how many generations behind the newest are kept.
  [[nodiscard]] static History open(std::filesystem::path directory, unsigned keep);

  /// Oldest first.
  [[nodiscard]] const std::vector<InstalledGeneration>& generations() const { return generations_; }
  [[nodiscard]] const InstalledGeneration* find(unsigned number) const;

  /// Whether all its files can still be had. Not so those of an install that was killed.
  [[nodiscard]] bool is_whole(const InstalledGeneration& generation) const;

  /// Where the bytes of one of its files are now: in the history, or still in place; nullopt: gone.
  [[nodiscard]] std::optional<std::filesystem::path> bytes_of(
      const InstalledGeneration::File& file) const;

  /// The rows of one of its files, which stay what they are while they are read. Errors: no_input,
  /// it is no table, or gone; as open_table() else.
  [[nodiscard]] Result<std::unique_ptr<TableReader>> open_rows(
      const InstalledGeneration::File& file) const;

  /// Enters what is about to be committed, and before it, as a generation of its own, files in
  /// place that no generation knows. Returns the new generation's number.
  [[nodiscard]] Result<unsigned> enter(std::span<const StagedArtifact> artifacts, Time now,
                                       const std::string& cause);
  /// Takes back the newest generation, which could not be installed.
  void withdraw(unsigned number);
  /// The file that had this identity was put back as a copy and has another one now.
  [[nodiscard]] Result<void> note_put_back(const std::filesystem::path& path,
                                           const FileIdentity& before);

  /// Between these two, files in place may be new without their MTA having been told. A run that
  /// was killed there leaves unfinished() to be true, durably.
  [[nodiscard]] Result<void> begin_install() const;
  void end_install() const;
  [[nodiscard]] bool unfinished() const;

  /// For Staging::commit, after enter(): replaced files go into their generation's directory.
  [[nodiscard]] BackupPlace backup_place() const;

  /// What answers live look-ups is published with a generation, and goes back with it. Kept by a
  /// link, as it is only ever replaced by rename. Nothing where there is none yet.
  [[nodiscard]] Result<void> keep_snapshot(unsigned number,
                                           const std::filesystem::path& snapshot) const;
  /// nullopt: none was kept, because the generation is in force or is older than that.
  [[nodiscard]] std::optional<std::filesystem::path> snapshot_of(unsigned number) const;
  /// The number of the newest generation, which is in force; nullopt: there is none.
  [[nodiscard]] std::optional<unsigned> newest() const {
    return generations_.empty() ? std::nullopt : std::optional{generations_.back().number};
  }

  /// Removes the oldest generations, but not one that is held, and the files that none of the
  /// others has.
  void prune();

  /// Removes what a run that was killed left half written.
  void remove_leftovers() const;

  [[nodiscard]] std::optional<Hold> hold() const;
  [[nodiscard]] Result<void> set_hold(const std::optional<Hold>& hold) const;

  /// Between these two a rollback to that generation is under way. One that was killed leaves
  /// begun_rollback(), durably, until another one or an install ends it.
  [[nodiscard]] Result<void> begin_rollback(unsigned target) const;
  void end_rollback() const;
  [[nodiscard]] std::optional<unsigned> begun_rollback() const;

 private:
  History(std::filesystem::path directory, unsigned keep)
      : directory_(std::move(directory)), keep_(keep) {}
  [[nodiscard]] std::filesystem::path directory_of(unsigned number) const {
    return directory_ / std::to_string(number);
  }
  /// Above that of every directory, also of one whose manifest cannot be read: the copies in it are
  /// not this generation's.
  [[nodiscard]] unsigned next_number() const { return highest_ + 1; }
  /// The file that stands at `path` now, as the newest generation that knows it has it.
  [[nodiscard]] const InstalledGeneration::File* in_place(const std::filesystem::path& path) const;
  [[nodiscard]] Result<void> write(const InstalledGeneration& generation);
  [[nodiscard]] Result<void> adopt(std::span<const StagedArtifact> artifacts, Time now);

  std::filesystem::path directory_;
  unsigned keep_;
  unsigned highest_ = 0;  ///< of all that were found or written
  std::vector<InstalledGeneration> generations_;
};

}  // namespace tlspact

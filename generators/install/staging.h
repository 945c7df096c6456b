// SPDX-License-Identifier: MIT
/// Putting artifacts in place so that a reader sees the old file or the new one, whatever happens.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "generators/artifact.h"
#include "policy/result.h"

namespace tlspact {

/// One artifact, written beside its target (or in a scratch directory) and read back.
struct StagedArtifact {
  enum class Change { unchanged, created, changed };
  Artifact artifact;
  std::filesystem::path target;  ///< below the prefix
  std::filesystem::path staged;  ///< empty once committed, or if unchanged
  std::filesystem::path backup;  ///< once committed: a copy of what was replaced
  Change change = Change::unchanged;
  std::size_t rows = 0;  ///< of a table
  RowDigest digest;      ///< of a table that a stream makes
  StreamReport report;   ///< of a table that a stream makes
};

/// Says where a copy of the file that is about to be replaced belongs. The copy stays there.
using BackupPlace = std::function<Result<std::filesystem::path>(const StagedArtifact&)>;

/// The staged files of one generation. What was not committed is removed with it.
class Staging {
 public:
  struct Place {
    /// Put in front of every path, as DESTDIR is; empty for none.
    std::filesystem::path prefix;
    /// Stage here instead of beside the targets: for a look that writes nothing there.
    std::filesystem::path scratch;
  };

  /// Writes every artifact to a temporary file `.NAME.tlspact-new-TYPE` of its target's directory
  /// (which is made if need be), flushes it, gives it the owner, mode and label of its target, and
  /// reads it back. The tables of one map are written in one pass over its rows; maps are written
  /// side by side, each in a thread of its own; a cdb of which it is known what stands in place is
  /// made from that, without rendering what did not change, unless the rows that are read there are
  /// not those that were written. If one fails, none is left. An artifact
  /// whose bytes are those of its target is unchanged and is not staged (hash: whose rows are).
  [[nodiscard]] static Result<Staging> stage(std::span<const Artifact> artifacts,
                                             const Place& place);

  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  Staging(Staging&&) noexcept = default;
  Staging& operator=(Staging&&) = delete;
  ~Staging();

  /// Renames every staged file over its target and flushes the directories. Not with a scratch
  /// directory. What is replaced is copied first: to where `backup_place` says, or without it
  /// beside the target, until this object goes. If one file cannot be replaced, those that were are
  /// put back.
  [[nodiscard]] Result<void> commit(const BackupPlace& backup_place = {});

  /// Puts back what commit() replaced, and removes what it created.
  [[nodiscard]] Result<void> restore();

  [[nodiscard]] std::span<const StagedArtifact> artifacts() const { return artifacts_; }
  [[nodiscard]] bool changes_anything() const;
  /// What the row streams reported while they were written.
  [[nodiscard]] const Notices& notices() const { return notices_; }

 private:
  Staging() = default;
  [[nodiscard]] Result<void> back_up(const BackupPlace& backup_place);
  [[nodiscard]] Result<void> put_back_after(Error error);
  [[nodiscard]] Result<void> flush_directories() const;
  std::vector<StagedArtifact> artifacts_;
  Notices notices_;
  bool keeps_backups_ = false;
};

/// Removes the temporary files that a run which was killed left beside these artifacts' targets, or
/// in a directory.
void remove_leftovers(std::span<const Artifact> artifacts, const std::filesystem::path& prefix);
void remove_leftovers(const std::filesystem::path& directory);

/// What the row streams of `artifacts` report, without writing anything.
[[nodiscard]] Notices survey(std::span<const Artifact> artifacts);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Putting artifacts in place so that a reader sees the old file or the new one, whatever happens.
#pragma once

#include <filesystem>
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
};

/// A key that was added, removed or has another value; an empty optional is "was not there".
struct RowChange {
  std::string key;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

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
  /// (which is made if need be), flushes it, and reads it back. If one fails, none is left. An
  /// artifact whose bytes are those of its target is unchanged and is not staged (hash: whose rows
  /// are).
  [[nodiscard]] static Result<Staging> stage(std::span<const Artifact> artifacts,
                                             const Place& place);

  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  Staging(Staging&&) noexcept = default;
  Staging& operator=(Staging&&) = delete;
  ~Staging();

  /// Renames every staged file over its target and flushes the directories. Not with a scratch
  /// directory. What is replaced is copied first (never linked: Postfix watches the link count of
  /// the file it holds open). If one cannot be replaced, those that were are put back.
  [[nodiscard]] Result<void> commit();

  /// Puts back what commit() replaced, and removes what it created.
  [[nodiscard]] Result<void> restore();

  [[nodiscard]] std::span<const StagedArtifact> artifacts() const { return artifacts_; }
  [[nodiscard]] bool changes_anything() const;

 private:
  Staging() = default;
  [[nodiscard]] Result<void> flush_directories() const;
  std::vector<StagedArtifact> artifacts_;
};

/// What would change in a table, in key order. A target that cannot be read counts as empty.
[[nodiscard]] std::vector<RowChange> row_changes(const StagedArtifact& artifact);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Installation: putting a generation of maps into place on this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/postfix_reload.h"
#include "daemon/control/run_lock.h"
#include "generators/install/history.h"
#include "generators/install/row_changes.h"
#include "generators/install/staging.h"

namespace tlspact {

/// A file of a generation, for the report.
struct GeneratedFile {
  std::filesystem::path path;  ///< where it lies, below --output
  std::string mta;
  StagedArtifact::Change change = StagedArtifact::Change::unchanged;
  std::size_t rows = 0;            ///< of a table
  RowDigest digest;                ///< of a table that a stream makes
  StreamReport report;             ///< of a table that a stream makes
  std::vector<RowChange> changes;  ///< only if they were asked for
};

/// The files of a staging, without their changes.
[[nodiscard]] std::vector<GeneratedFile> generated_files(const Staging& staging);

/// One at a time on a machine: holds the lock.
class Installation {
 public:
  /// What needs root comes first: asking the MTAs, and the process that can reload Postfix. Then
  /// the identity of the owner of state_dir is taken, and the lock.
  [[nodiscard]] static Result<Installation> begin(const Config& config);

  [[nodiscard]] const MtaFacts& facts() const { return facts_; }
  [[nodiscard]] History& history() { return history_; }

  /// Stages, enters the generation into the history, renames, reloads where a type needs it, and
  /// confirms as the MTA looks up. If any of it fails, the previous files stay or are put back, so
  /// that the next run tries again. The history is left to be pruned. Nothing is entered if nothing
  /// changes; but if the last install was killed before Postfix was reloaded, it is reloaded now.
  /// `notices` gets what the rows brought to light.
  [[nodiscard]] Result<std::vector<GeneratedFile>> install(std::span<const Artifact> artifacts,
                                                           Time now, const std::string& cause,
                                                           Notices& notices);

 private:
  Installation(const Config& config, MtaFacts facts, std::optional<PostfixReloader> reloader,
               RunLock lock, History history)
      : config_(config),
        facts_(std::move(facts)),
        reloader_(std::move(reloader)),
        lock_(std::move(lock)),
        history_(std::move(history)) {}

  [[nodiscard]] Result<void> take_effect(Staging& staging, bool interrupted,
                                         const std::vector<std::optional<RowChange>>& changes,
                                         Notices& notices);
  /// `interrupted`: as if every file had changed.
  [[nodiscard]] Result<void> reload_if_needed(const Staging& staging, bool interrupted,
                                              Notices& notices);

  const Config& config_;
  MtaFacts facts_;
  std::optional<PostfixReloader> reloader_;
  RunLock lock_;
  History history_;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// generate(): one run of the whole path, from the sources to maps that are in place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/control/refresh.h"
#include "generators/generator.h"
#include "generators/install/installer.h"

namespace tlspact {

struct GenerateOptions {
  bool check = false;                 ///< write nothing, say whether something would change
  bool diff = false;                  ///< as check, and collect what changes, row by row
  std::optional<std::string> output;  ///< write below this directory and touch nothing else
  std::optional<Time> at;             ///< decide as of that time
  bool offline = false;
  Time now;  ///< of the clock
};

struct GeneratedFile {
  std::filesystem::path path;  ///< where it lies, below --output
  std::string mta;
  StagedArtifact::Change change = StagedArtifact::Change::unchanged;
  std::size_t rows = 0;  ///< of a table
  std::vector<RowChange> changes;
};

struct GenerateReport {
  Refreshed refreshed;
  Notices notices;  ///< everything that was noticed, in order
  std::vector<GeneratedFile> files;
  bool changed = false;
  int exit_code = 0;
};

/// Installs from what is good. Errors are those that keep it from writing anything: a store or MTA
/// that cannot be asked, a lock, a file that cannot be written (then none is replaced).
/// Exit codes of the report: 1 with `check` if something would change; 65 if an input was refused,
/// 69 if a source never had a good batch, else 0.
[[nodiscard]] Result<GenerateReport> generate(const Config& config, const GenerateOptions& options);

}  // namespace tlspact

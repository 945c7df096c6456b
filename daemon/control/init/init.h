// SPDX-License-Identifier: MIT
/// apply_init() and undo_init(): connecting this machine's mail servers to the maps, and taking
/// that back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/init/config_file.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/wiring/finding.h"
#include "policy/time.h"

namespace tlspact {

struct InitReport {
  enum class Action { changed, created, put_back, removed, kept_edits };
  struct File {
    std::filesystem::path path;
    Action action = Action::changed;
    std::vector<std::string> what;
  };
  std::vector<File> files;  ///< empty: nothing was to be done
  Findings findings;        ///< what is left to the administrator
  std::filesystem::path backup;
  int exit_code = 0;  ///< 1: a finding is more than a note
};

/// Idempotent. The backup is on disk before anything is touched; each file is replaced in one step;
/// what the mail server does not accept afterwards is put back. Error: nothing is changed, or all
/// of it was put back, and the text says why.
[[nodiscard]] Result<InitReport> apply_init(const Config& config, const MtaFacts& facts, Time now);

/// Gives every file back that apply_init() changed, byte for byte; edits that were made since are
/// kept where they can be told from ours. An undo of what was undone does nothing. Error try_again:
/// they cannot. Error io: the mail server refuses the configuration without ours. Nothing is
/// changed then.
[[nodiscard]] Result<InitReport> undo_init(const Config& config, const MtaFacts& facts);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Which files the service watches (FileWatch), and how it says that one has changed.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/config.h"

namespace tlspact {

/// What a run is to follow when it changes: the configuration, agreements, local lists, the file of
/// correspondents.
[[nodiscard]] std::vector<std::filesystem::path> files_that_decide(const Config& config,
                                                                   const std::string& config_file);

/// What runs put in place: the snapshot, and the maps of the newest generation.
[[nodiscard]] std::vector<std::filesystem::path> installed_files(const Config& config);

/// "/etc/tlspact/tlspact.toml and 2 more has changed".
[[nodiscard]] std::string changed_text(const std::set<std::filesystem::path>& changed);

}  // namespace tlspact

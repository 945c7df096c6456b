// SPDX-License-Identifier: MIT
/// The settings that connect an MTA to the maps, rendered from templates/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "generators/generator.h"
#include "generators/postfix/postfix_inbound.h"

namespace tlspact {

struct SettingsFile {
  std::filesystem::path path;  ///< where it belongs
  std::string purpose;         ///< one line for people
  std::string text;
};

/// Of the enabled MTAs. Exim comes twice: as files of Debian's split configuration, and as pieces
/// to be included in the sections of a single file. `ca_file` empty: the system's store. Mail to us
/// is left alone unless there are agreements on it (`inbound`, as Snapshot holds them). Pure.
[[nodiscard]] std::vector<SettingsFile> mta_settings(const GeneratorSettings& settings,
                                                     const std::string& ca_file,
                                                     const InboundAgreements& inbound);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The text form of an installed generation.
#pragma once

#include <optional>
#include <string>

#include "generators/install/history.h"

namespace tlspact {

/// Lines of "name value"; what may hold spaces comes last.
[[nodiscard]] std::string manifest_text(const InstalledGeneration& generation);

/// nullopt: not a whole manifest, or one of another version.
[[nodiscard]] std::optional<InstalledGeneration> parse_manifest(const std::string& text);

}  // namespace tlspact

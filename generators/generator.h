// SPDX-License-Identifier: MIT
/// Generator: Snapshot -> the artifacts of one MTA.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "generators/artifact.h"
#include "generators/exim/exim_options.h"
#include "generators/postfix/postfix_options.h"
#include "policy/notice.h"
#include "policy/snapshot.h"

namespace tlspact {

/// What to generate, and for which machine. Paths are as configured, without DIR of --output.
struct GeneratorSettings {
  struct Postfix {
    bool enabled = true;
    std::filesystem::path map;  ///< without extension
    std::vector<TableType> types;
    PostfixOptions options;
  };
  struct Exim {
    bool enabled = true;
    std::filesystem::path map;
    EximOptions options;
  };
  Postfix postfix;
  Exim exim;
};

struct Generated {
  std::vector<Artifact> artifacts;  ///< their rows are made from the snapshot, which must stay
  Notices notices;                  ///< those that no row stream reports
};

/// A plug-in point: one source file, one line in generators(), one test file, one golden folder.
struct Generator {
  std::string_view name;  ///< "Postfix"
  bool (*enabled)(const GeneratorSettings& settings);
  /// Pure. An entry that its MTA would refuse is left out, with an alert in the stream's report.
  Generated (*render)(const Snapshot& snapshot, const GeneratorSettings& settings);
};

[[nodiscard]] std::span<const Generator> generators();

[[nodiscard]] Generated render_postfix(const Snapshot& snapshot, const GeneratorSettings& settings);
[[nodiscard]] Generated render_exim(const Snapshot& snapshot, const GeneratorSettings& settings);

}  // namespace tlspact

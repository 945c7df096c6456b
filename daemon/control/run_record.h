// SPDX-License-Identifier: MIT
/// RunRecord: what the last run was made from and what came of it, so that a run on unchanged
/// inputs need not do it all again.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/installation.h"
#include "daemon/control/missing_files.h"
#include "generators/generator.h"
#include "generators/install/file_identity.h"
#include "policy/notice.h"

namespace tlspact {

inline constexpr std::size_t kSources = static_cast<std::size_t>(Source::learned) + 1;
inline constexpr std::size_t kLevels = static_cast<std::size_t>(Level::secure) + 1;

/// How many entries are in force, by which source, and at which level.
struct EntryCounts {
  std::size_t entries = 0;
  std::array<std::size_t, kSources> by_source{};                    ///< by Source
  std::array<std::array<std::size_t, kLevels>, kSources> levels{};  ///< by Source and Level

  [[nodiscard]] static EntryCounts of(const Snapshot& snapshot);
  [[nodiscard]] std::size_t by(Source source) const {
    return by_source[static_cast<std::size_t>(source)];
  }
  [[nodiscard]] std::size_t by(Source source, Level level) const {
    return levels[static_cast<std::size_t>(source)][static_cast<std::size_t>(level)];
  }
};

/// By mail server: why DANE cannot rest on its resolver, empty if it can. See mta_dane.h.
using ResolverFaults = std::map<std::string, std::string>;

struct RunRecord {
  struct File {
    std::filesystem::path path;
    std::string mta;
    std::size_t rows = 0;
    RowDigest digest;     ///< of a table that a stream makes; as good as the program in `rendering`
    StreamReport report;  ///< of a table that a stream makes
    FileIdentity identity;
  };
  std::string inputs;         ///< run_inputs() of the run
  std::string rendering;      ///< rendering_inputs() of the run
  Time decided_at;            ///< of the last run that came to this result
  std::optional<Time> until;  ///< when something of it begins or ceases to hold
  EntryCounts counts;
  bool refused = false;  ///< an agreement cannot hold as it is
  Notices notices;       ///< of deciding and rendering
  std::vector<NamedFile> named_files;
  std::vector<File> files;
  ResolverFaults resolver_faults;  ///< as far as it was known then
  FileIdentity snapshot;           ///< of the file that holds what the files were made from

  /// nullptr: it is not one of this run, or is not in place any more.
  [[nodiscard]] const File* in_place(const std::filesystem::path& path) const;

  /// Whether a run at `now` from `inputs` would come to the same result, and it is still in place.
  [[nodiscard]] bool holds(const std::string& run_inputs, Time now) const;
};

/// A digest of everything that entries and files are made from, but the time: what the sources
/// brought, and rendering_inputs().
[[nodiscard]] std::string run_inputs(const std::string& fingerprint, const std::string& rendering);

/// A digest of what an entry is rendered with: the settings, and which file this program is, since
/// another build may render, and compute a RowDigest, otherwise.
[[nodiscard]] std::string rendering_inputs(const GeneratorSettings& settings);

/// nullopt: there is none, or none that can be read.
[[nodiscard]] std::optional<RunRecord> read_run_record(const std::filesystem::path& file);

/// Replaces the file by rename, mode 0640; not flushed to disk. A lost one costs time only.
[[nodiscard]] Result<void> write_run_record(const std::filesystem::path& file,
                                            const RunRecord& record);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "generators/install/installer.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 5UL << 30;
constexpr unsigned kMode = 0644;

fs::path below(const fs::path& prefix, const fs::path& path) {
  return prefix.empty() ? path : prefix / path.relative_path();
}

/// The name is fixed, so that a run that was killed leaves nothing that the next one does not
/// remove; and another for each type, because postmap needs the name without ".db" for itself. The
/// extension comes last, because it derives the one from the other.
fs::path staged_name(const Artifact& artifact, const fs::path& target, const fs::path& scratch,
                     std::size_t index) {
  const fs::path extension = target.extension();
  std::string name = extension.empty() ? target.filename().string() : target.stem().string();
  name += ".tlspact-new";
  if (const TableContent* table = artifact.table())
    name += "-" + std::string{table_type_name(table->type)};
  name += extension.string();
  if (scratch.empty()) return target.parent_path() / ("." + name);
  return scratch / (std::to_string(index) + "-" + name);
}

fs::path backup_name(const fs::path& target) {
  return target.parent_path() / ("." + target.filename().string() + ".tlspact-old");
}

Result<void> write_artifact(const Artifact& artifact, const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (const TableContent* table = artifact.table())
    return write_table(table->type, path, *table->rows);
  return write_new_file(path, std::get<std::string>(artifact.content), kMode);
}

/// Opens and queries the new file before anybody else can: a truncated cdb stops all mail.
Result<void> verify_artifact(const Artifact& artifact, const fs::path& path) {
  if (const TableContent* table = artifact.table()) {
    const auto rows = read_table(table->type, path);
    if (!rows) return std::unexpected(rows.error());
    if (*rows != *table->rows)
      return fail(Errc::io, path.string() + ": does not read back as it was written");
    return {};
  }
  const auto bytes = read_file(path, kMaxFile);
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes != std::get<std::string>(artifact.content))
    return fail(Errc::io, path.string() + ": does not read back as it was written");
  return {};
}

/// hash files of the same rows differ from run to run, so their rows are compared.
bool same_content(const Artifact& artifact, const fs::path& staged, const fs::path& target) {
  const TableContent* table = artifact.table();
  if (table != nullptr && table->type == TableType::hash) {
    const auto rows = read_table(table->type, target);
    return rows && *rows == *table->rows;
  }
  std::error_code error;
  if (fs::file_size(staged, error) != fs::file_size(target, error) || error) return false;
  const auto before = read_file(target, kMaxFile);
  const auto after = read_file(staged, kMaxFile);
  return before && after && *before == *after;
}

void remove_file(const fs::path& path) {
  std::error_code ignored;
  if (!path.empty()) fs::remove(path, ignored);
}

Result<StagedArtifact> stage_one(const Artifact& artifact, const Staging::Place& place,
                                 std::size_t index) {
  StagedArtifact out{
      .artifact = artifact, .target = below(place.prefix, artifact.path), .staged = {}};
  if (place.scratch.empty()) {
    if (auto made = make_directories(out.target.parent_path()); !made)
      return std::unexpected(made.error());
  }
  std::error_code unknown;
  if (fs::exists(out.target, unknown) && !fs::is_regular_file(out.target, unknown))
    return fail(Errc::io, out.target.string() + ": is not a regular file, remove it");
  out.staged = staged_name(artifact, out.target, place.scratch, index);
  auto written = write_artifact(artifact, out.staged);
  if (written) written = verify_artifact(artifact, out.staged);
  if (!written) {
    remove_file(out.staged);
    return std::unexpected(written.error());
  }
  std::error_code error;
  if (!fs::exists(fs::symlink_status(out.target, error))) {
    out.change = StagedArtifact::Change::created;
  } else if (!same_content(artifact, out.staged, out.target)) {
    out.change = StagedArtifact::Change::changed;
  } else {
    remove_file(out.staged);
    out.staged.clear();
  }
  return out;
}

}  // namespace

Result<Staging> Staging::stage(std::span<const Artifact> artifacts, const Place& place) {
  Staging staging;
  for (const Artifact& artifact : artifacts) {
    if (std::ranges::find(staging.artifacts_, below(place.prefix, artifact.path),
                          &StagedArtifact::target) != staging.artifacts_.end())
      return fail(Errc::config, artifact.path.string() + ": two files would be written here");
    auto staged = stage_one(artifact, place, staging.artifacts_.size());
    if (!staged) return std::unexpected(staged.error());
    staging.artifacts_.push_back(*std::move(staged));
  }
  return staging;
}

Staging::~Staging() {
  for (const StagedArtifact& each : artifacts_) {
    remove_file(each.staged);
    remove_file(each.backup);
  }
}

Result<void> Staging::commit() {
  for (StagedArtifact& each : artifacts_) {
    if (each.change != StagedArtifact::Change::changed) continue;
    each.backup = backup_name(each.target);
    std::error_code error;
    fs::copy_file(each.target, each.backup, fs::copy_options::overwrite_existing, error);
    if (error)
      return fail(Errc::io, each.backup.string() + ": cannot be written: " + error.message());
  }
  for (StagedArtifact& each : artifacts_) {
    if (each.staged.empty()) continue;
    if (std::rename(each.staged.c_str(), each.target.c_str()) != 0) {
      auto failed = io_error(each.target, "replaced");
      failed.error().code = Errc::io;
      if (auto restored = restore(); !restored) return restored;
      return failed;
    }
    each.staged.clear();
  }
  return flush_directories();
}

Result<void> Staging::restore() {
  for (StagedArtifact& each : artifacts_) {
    const bool replaced = each.staged.empty() && each.change != StagedArtifact::Change::unchanged;
    if (!replaced) continue;
    if (each.change == StagedArtifact::Change::created) {
      remove_file(each.target);
    } else if (std::rename(each.backup.c_str(), each.target.c_str()) != 0) {
      return io_error(each.target, "put back");
    }
    each.backup.clear();
  }
  return flush_directories();
}

Result<void> Staging::flush_directories() const {
  std::set<fs::path> directories;
  for (const StagedArtifact& each : artifacts_) {
    if (each.change != StagedArtifact::Change::unchanged)
      directories.insert(each.target.parent_path());
  }
  for (const fs::path& directory : directories) {
    if (auto flushed = flush_directory(directory); !flushed) return flushed;
  }
  return {};
}

bool Staging::changes_anything() const {
  return std::ranges::any_of(artifacts_, [](const StagedArtifact& each) {
    return each.change != StagedArtifact::Change::unchanged;
  });
}

std::vector<RowChange> row_changes(const StagedArtifact& artifact) {
  const TableContent* table = artifact.artifact.table();
  if (table == nullptr || artifact.change == StagedArtifact::Change::unchanged) return {};
  const Rows before = read_table(table->type, artifact.target).value_or(Rows{});
  const Rows& after = *table->rows;
  std::vector<RowChange> changes;
  auto old_row = before.begin();
  auto new_row = after.begin();
  while (old_row != before.end() || new_row != after.end()) {
    if (new_row == after.end() || (old_row != before.end() && old_row->key < new_row->key)) {
      changes.push_back({old_row->key, old_row->value, {}});
      ++old_row;
    } else if (old_row == before.end() || new_row->key < old_row->key) {
      changes.push_back({new_row->key, {}, new_row->value});
      ++new_row;
    } else {
      if (old_row->value != new_row->value)
        changes.push_back({new_row->key, old_row->value, new_row->value});
      ++old_row;
      ++new_row;
    }
  }
  return changes;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "generators/install/staging.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <future>
#include <set>
#include <system_error>

#include "generators/install/file_identity.h"
#include "generators/table/checksum.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMode = 0644;
constexpr std::string_view kStagedMark = ".tlspact-new";
constexpr std::string_view kBackupMark = ".tlspact-old";

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
  name += kStagedMark;
  if (const auto type = artifact.table_type()) name += "-" + std::string{table_type_name(*type)};
  name += extension.string();
  if (scratch.empty()) return target.parent_path() / ("." + name);
  return scratch / (std::to_string(index) + "-" + name);
}

fs::path backup_name(const fs::path& target) {
  return target.parent_path() / ("." + target.filename().string() + std::string{kBackupMark});
}

void remove_file(const fs::path& path) {
  std::error_code ignored;
  if (!path.empty()) fs::remove(path, ignored);
}

/// Block by block, so that two large files cost no memory.
bool same_bytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::file_size(a, error) != fs::file_size(b, error) || error) return false;
  constexpr std::streamsize kBlock = 1L << 18;
  std::vector<char> one(kBlock);
  std::vector<char> other(kBlock);
  std::ifstream in_a{a, std::ios::binary};
  std::ifstream in_b{b, std::ios::binary};
  while (in_a && in_b) {
    in_a.read(one.data(), kBlock);
    in_b.read(other.data(), kBlock);
    const std::streamsize got = in_a.gcount();
    if (got != in_b.gcount() || !std::equal(one.begin(), one.begin() + got, other.begin()))
      return false;
  }
  return in_a.eof() && in_b.eof();
}

std::unexpected<Error> not_as_written(const fs::path& path) {
  return fail(Errc::io,
              path.string() +
                  ": does not read back as it was written; see whether the disk fails, run again");
}

/// Gives a written file the owner of what it replaces, and finds out whether it differs from it.
/// `same` compares.
template <class Same>
Result<void> settle(StagedArtifact& artifact, Same same) {
  std::error_code error;
  if (!fs::exists(artifact.target, error)) {  // a link to nothing is replaced
    artifact.change = StagedArtifact::Change::created;
    return {};
  }
  if (same()) {
    remove_file(artifact.staged);
    artifact.staged.clear();
    return {};
  }
  artifact.change = StagedArtifact::Change::changed;
  return take_ownership(artifact.staged, artifact.target);
}

Result<void> stage_text(StagedArtifact& artifact) {
  const std::string& text = std::get<std::string>(artifact.artifact.content);
  if (auto written = write_new_file(artifact.staged, text, kMode); !written) return written;
  const auto bytes = read_file(artifact.staged, text.size());
  if (!bytes) return std::unexpected(bytes.error());
  if (*bytes != text) return not_as_written(artifact.staged);
  artifact.rows = artifact.artifact.rows;
  return settle(artifact, [&] { return same_bytes(artifact.staged, artifact.target); });
}

/// A file of an earlier generation: whatever has become of it meanwhile, it must still be whole.
Result<void> stage_copy(StagedArtifact& artifact) {
  const CopiedContent& content = *artifact.artifact.copied();
  if (auto same = verify_checksum(content.source); !same) return same;
  if (auto copied = copy_whole_file(content.source, artifact.staged); !copied) return copied;
  // Now, so that Postfix sees another modification time.
  std::error_code error;
  fs::last_write_time(artifact.staged, fs::file_time_type::clock::now(), error);
  if (error) return io_error(artifact.staged, "given its time");
  if (auto flushed = flush_file(artifact.staged); !flushed) return flushed;
  if (content.type) {
    const auto read = digest_table(*content.type, artifact.staged);
    if (!read)
      return fail(read.error().code, content.source.string() +
                                         " is damaged, and not put in place; its copy " +
                                         read.error().text);
    artifact.rows = read->rows();
  }
  return settle(artifact, [&] { return same_bytes(artifact.staged, artifact.target); });
}

/// Opens and queries the new file before anybody else can: a truncated cdb stops all mail.
Result<void> verify_table(StagedArtifact& artifact, const RowDigest& written) {
  const TableType type = artifact.artifact.table()->type;
  const auto read = digest_table(type, artifact.staged);
  if (!read) return std::unexpected(read.error());
  if (*read != written) return not_as_written(artifact.staged);
  artifact.rows = written.rows();
  artifact.digest = written;
  // hash files of the same rows differ from run to run, so their rows are compared.
  return settle(artifact, [&] {
    if (type != TableType::hash) return same_bytes(artifact.staged, artifact.target);
    const auto before = digest_table(type, artifact.target);
    return before && *before == written;
  });
}

/// The table that stands in place, with the few rows that differ. False: it has to be written
/// whole.
Result<bool> stage_patched(StagedArtifact& artifact) {
  const TableContent& table = *artifact.artifact.table();
  if (!table.installed || table.type != TableType::cdb ||
      FileIdentity::of(artifact.target) != table.installed->identity)
    return false;
  auto delta = table.rows->since(*table.installed->stream, table.installed->reported);
  if (!delta) return false;
  artifact.report = std::move(delta->report);
  if (delta->patches.empty()) {
    artifact.rows = table.installed->digest.rows();
    artifact.digest = table.installed->digest;
    artifact.staged.clear();
    return true;
  }
  const auto patched = patch_cdb(artifact.target, delta->patches, artifact.staged);
  if (!patched && patched.error().code != Errc::bad_input) return std::unexpected(patched.error());
  // What stands there is not what it was taken for: one row that has rotted must not live on.
  if (!patched || patched->read != table.installed->digest) {
    remove_file(artifact.staged);
    return false;
  }
  if (auto verified = verify_table(artifact, patched->written); !verified)
    return std::unexpected(verified.error());
  return true;
}

/// All tables of one map, from one pass over its rows.
Result<void> stage_tables(const std::vector<StagedArtifact*>& group) {
  if (group.size() == 1) {
    const auto patched = stage_patched(*group.front());
    if (!patched) return std::unexpected(patched.error());
    if (*patched) return {};
  }
  std::vector<std::unique_ptr<TableWriter>> writers;
  for (const StagedArtifact* each : group) {
    auto writer = create_table(each->artifact.table()->type, each->staged);
    if (!writer) return std::unexpected(writer.error());
    writers.push_back(*std::move(writer));
  }
  RowDigest digest;
  auto report = group.front()->artifact.table()->rows->each(
      [&](std::string_view key, std::string_view value) -> Result<void> {
        digest.add(key, value);
        for (const auto& writer : writers) {
          if (auto added = writer->add(key, value); !added) return added;
        }
        return {};
      });
  if (!report) return std::unexpected(report.error());
  for (const auto& writer : writers) {
    if (auto finished = writer->finish(); !finished) return std::unexpected(finished.error());
  }
  for (StagedArtifact* each : group) {
    if (auto verified = verify_table(*each, digest); !verified) return verified;
    each->report = *report;
  }
  return {};
}

/// The artifacts of each row stream together, in order.
std::vector<std::vector<StagedArtifact*>> tables_by_stream(std::vector<StagedArtifact>& artifacts) {
  std::vector<std::vector<StagedArtifact*>> groups;
  for (StagedArtifact& each : artifacts) {
    const TableContent* table = each.artifact.table();
    if (table == nullptr) continue;
    const auto group = std::ranges::find_if(groups, [&](const auto& known) {
      return known.front()->artifact.table()->rows == table->rows;
    });
    if (group != groups.end()) {
      group->push_back(&each);
    } else {
      groups.push_back({&each});
    }
  }
  return groups;
}

/// Everything of an artifact that can be known before it is written.
Result<StagedArtifact> plan(const Artifact& artifact, const Staging::Place& place,
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
  remove_file(out.staged);
  return out;
}

}  // namespace

Result<Staging> Staging::stage(std::span<const Artifact> artifacts, const Place& place) {
  Staging staging;
  staging.artifacts_.reserve(artifacts.size());  // the groups below point into it
  for (const Artifact& artifact : artifacts) {
    if (std::ranges::find(staging.artifacts_, below(place.prefix, artifact.path),
                          &StagedArtifact::target) != staging.artifacts_.end())
      return fail(Errc::config, artifact.path.string() + ": two files would be written here");
    auto planned = plan(artifact, place, staging.artifacts_.size());
    if (!planned) return std::unexpected(planned.error());
    staging.artifacts_.push_back(*std::move(planned));
  }
  const auto groups = tables_by_stream(staging.artifacts_);
  std::vector<std::future<Result<void>>> maps;
  maps.reserve(groups.size());
  for (const auto& group : groups)
    maps.push_back(std::async(std::launch::async, stage_tables, group));
  Result<void> done;
  for (StagedArtifact& each : staging.artifacts_) {
    if (!done || each.artifact.table() != nullptr) continue;
    done = each.artifact.copied() == nullptr ? stage_text(each) : stage_copy(each);
  }
  for (auto& map : maps) {
    const auto staged = map.get();
    if (!staged && done) done = staged;
  }
  if (!done) return std::unexpected(done.error());
  NoticeTally notices;
  for (const auto& group : groups) {
    for (const Notice& each : group.front()->report.notices)
      notices.add(each);
  }
  staging.notices_ = notices.take();
  return staging;
}

Staging::~Staging() {
  for (const StagedArtifact& each : artifacts_) {
    remove_file(each.staged);
    if (!keeps_backups_) remove_file(each.backup);
  }
}

Result<void> Staging::back_up(const BackupPlace& backup_place) {
  keeps_backups_ = static_cast<bool>(backup_place);
  std::vector<std::future<Result<void>>> copies;
  Result<void> done;
  for (StagedArtifact& each : artifacts_) {
    if (!done || each.change != StagedArtifact::Change::changed) continue;
    auto place = keeps_backups_ ? backup_place(each) : backup_name(each.target);
    if (!place) {
      done = std::unexpected(place.error());
      continue;
    }
    each.backup = *std::move(place);
    if (std::error_code error; keeps_backups_ && fs::exists(each.backup, error)) continue;
    copies.push_back(
        std::async(std::launch::async, [&each, kept = keeps_backups_]() -> Result<void> {
          auto copied = copy_whole_file(each.target, each.backup);
          return copied && kept ? write_checksum(each.backup) : copied;
        }));
  }
  for (auto& copy : copies) {
    const auto copied = copy.get();
    if (!copied && done) done = copied;
  }
  return done;
}

Result<void> Staging::commit(const BackupPlace& backup_place) {
  if (auto kept = back_up(backup_place); !kept) return kept;
  for (StagedArtifact& each : artifacts_) {
    if (each.staged.empty()) continue;
    if (std::rename(each.staged.c_str(), each.target.c_str()) != 0) {
      auto failed = io_error(each.target, "replaced");
      failed.error().code = Errc::io;
      return put_back_after(failed.error());
    }
    each.staged.clear();
  }
  auto flushed = flush_directories();
  return flushed ? flushed : put_back_after(flushed.error());
}

Result<void> Staging::put_back_after(Error error) {
  if (auto restored = restore(); !restored)
    error.text += "; and the previous files cannot be put back: " + restored.error().text;
  return std::unexpected(std::move(error));
}

Result<void> Staging::restore() {
  for (const StagedArtifact& each : artifacts_) {
    const bool replaced = each.staged.empty() && each.change != StagedArtifact::Change::unchanged;
    if (!replaced) continue;
    if (each.change == StagedArtifact::Change::created) {
      remove_file(each.target);
      continue;
    }
    // The backup stays, so a copy of it is what goes back.
    const fs::path copy = staged_name(each.artifact, each.target, {}, 0);
    if (auto copied = copy_whole_file(each.backup, copy); !copied) return copied;
    if (auto owned = take_ownership(copy, each.target); !owned) return owned;
    if (auto flushed = flush_file(copy); !flushed) return flushed;
    if (std::rename(copy.c_str(), each.target.c_str()) != 0)
      return io_error(each.target, "put back");
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

void remove_leftovers(std::span<const Artifact> artifacts, const fs::path& prefix) {
  std::set<fs::path> directories;
  for (const Artifact& each : artifacts)
    directories.insert(below(prefix, each.path).parent_path());
  for (const fs::path& directory : directories)
    remove_leftovers(directory);
}

void remove_leftovers(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator each{directory, error}, end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    const bool ours = name.contains(kStagedMark) || name.contains(kBackupMark);
    if (name.starts_with('.') && ours) found.push_back(each->path());
  }
  for (const fs::path& path : found)
    remove_file(path);
}

Notices survey(std::span<const Artifact> artifacts) {
  NoticeTally notices;
  std::set<const RowStream*> seen;
  for (const Artifact& each : artifacts) {
    const TableContent* table = each.table();
    if (table == nullptr || !seen.insert(table->rows.get()).second) continue;
    const auto report = table->rows->each([](auto, auto) { return Result<void>{}; });
    for (const Notice& notice : report->notices)
      notices.add(notice);
  }
  return notices.take();
}

}  // namespace tlspact

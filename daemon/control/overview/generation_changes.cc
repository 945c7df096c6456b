// SPDX-License-Identifier: MIT
#include "daemon/control/overview/generation_changes.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace tlspact {
namespace {

using File = InstalledGeneration::File;

/// A hash table is read by postmap; the others here.
bool is_read_here(const File& file) {
  return file.type && *file.type != TableType::hash;
}

/// The table that stands for each mail server's map, in the order of the files.
std::vector<const File*> first_tables(const InstalledGeneration& generation) {
  std::vector<const File*> out;
  for (const File& file : generation.files) {
    const bool known =
        std::ranges::any_of(out, [&](const File* each) { return each->mta == file.mta; });
    if (is_read_here(file) && !known) out.push_back(&file);
  }
  return out;
}

const File* file_at(const InstalledGeneration* generation, const std::filesystem::path& path) {
  if (generation == nullptr) return nullptr;
  const auto found = std::ranges::find(generation->files, path, &File::path);
  return found == generation->files.end() ? nullptr : &*found;
}

bool same_file(const File& a, const File& b) {
  return a.origin == b.origin && a.stored == b.stored;
}

std::optional<std::string> cut(const std::optional<std::string>& value) {
  if (!value || value->size() <= kMostValue) return value;
  return value->substr(0, kMostValue) + " …";
}

void count(const RowChange& change, std::size_t most_rows, MapChanges& out) {
  ++(!change.before ? out.added : !change.after ? out.removed : out.changed);
  if (out.rows.size() < most_rows)
    out.rows.push_back({change.key, cut(change.before), cut(change.after)});
}

MapChanges map_changes(const History& history, const File* before, const File& after,
                       const ChangeLimits& limits) {
  MapChanges out{.mta = after.mta, .path = after.path.string(), .rows = {}, .fault = {}};
  std::unique_ptr<TableReader> old_rows;
  if (before != nullptr) {
    auto opened = history.open_rows(*before);
    if (!opened) {
      out.fault = opened.error().text;
      return out;
    }
    old_rows = *std::move(opened);
  }
  const auto new_rows = history.open_rows(after);
  Result<void> compared;
  if (!new_rows) {
    compared = std::unexpected(new_rows.error());
  } else {
    compared =
        compare_tables(old_rows.get(), new_rows->get(), limits.go_on, [&](const RowChange& change) {
          count(change, limits.rows, out);
          return true;
        });
  }
  if (!compared) out.fault = compared.error().text;
  return out;
}

}  // namespace

std::size_t GenerationChanges::all() const {
  return std::accumulate(maps.begin(), maps.end(), std::size_t{0},
                         [](std::size_t sum, const MapChanges& each) { return sum + each.all(); });
}

std::size_t GenerationChanges::next_hops() const {
  std::size_t most = 0;
  for (const MapChanges& each : maps)
    most = std::max(most, each.all());
  return most;
}

GenerationChanges generation_changes(const History& history, const InstalledGeneration* before,
                                     const InstalledGeneration& after, const ChangeLimits& limits) {
  GenerationChanges out{.before = before == nullptr ? 0 : before->number,
                        .after = after.number,
                        .before_made = before == nullptr ? after.made : before->made,
                        .after_made = after.made,
                        .maps = {},
                        .other_files = {}};
  for (const File* file : first_tables(after)) {
    const File* old = file_at(before, file->path);
    if (old != nullptr && same_file(*old, *file)) {
      out.maps.push_back({.mta = file->mta, .path = file->path.string(), .rows = {}, .fault = {}});
    } else {
      out.maps.push_back(map_changes(history, old, *file, limits));
    }
  }
  for (const File& file : after.files) {
    const File* old = file_at(before, file.path);
    if (!file.type && (old == nullptr || !same_file(*old, file)))
      out.other_files.push_back(file.path.string());
  }
  return out;
}

const InstalledGeneration* generation_at(const History& history, Time time) {
  const InstalledGeneration* found = nullptr;
  for (const InstalledGeneration& each : history.generations()) {
    if (found == nullptr || each.made <= time) found = &each;
  }
  return found;
}

}  // namespace tlspact

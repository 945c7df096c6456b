// SPDX-License-Identifier: MIT
#include "generators/install/history.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ranges>
#include <set>
#include <sstream>

#include "generators/install/manifest.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxManifest = 16UL << 20;
constexpr unsigned kMode = 0644;
constexpr const char* kUnfinished = "unfinished";
constexpr const char* kHold = "hold";
constexpr const char* kRollback = "rollback";

std::optional<unsigned> parse_number(const std::string& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "0-postfix-tls_policy.cdb": unique in its generation, and without spaces.
std::string stored_name(std::size_t index, const StagedArtifact& artifact) {
  std::string name = std::to_string(index) + "-" + artifact.artifact.mta + "-" +
                     artifact.target.filename().string();
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    c = std::isalnum(byte) != 0 || c == '.' || c == '_' ? static_cast<char>(std::tolower(byte))
                                                        : '-';
  }
  return name;
}

}  // namespace

History History::open(fs::path directory, unsigned keep) {
  History history{std::move(directory), keep};
  std::error_code error;
  for (fs::directory_iterator each{history.directory_, error}, end; !error && each != end;
       each.increment(error)) {
    const auto number = parse_number(each->path().filename().string());
    if (!number) continue;
    history.highest_ = std::max(history.highest_, *number);
    const auto text = read_file(each->path() / "manifest", kMaxManifest);
    auto generation = text ? parse_manifest(*text) : std::nullopt;
    if (generation && generation->number == *number)
      history.generations_.push_back(*std::move(generation));
  }
  std::ranges::sort(history.generations_, {}, &InstalledGeneration::number);
  return history;
}

const InstalledGeneration* History::find(unsigned number) const {
  const auto found = std::ranges::find(generations_, number, &InstalledGeneration::number);
  return found == generations_.end() ? nullptr : &*found;
}

bool History::is_whole(const InstalledGeneration& generation) const {
  return std::ranges::all_of(generation.files,
                             [this](const auto& file) { return bytes_of(file).has_value(); });
}

std::optional<fs::path> History::bytes_of(const InstalledGeneration::File& file) const {
  fs::path kept = directory_of(file.origin) / file.stored;
  if (FileIdentity::of(kept)) return kept;
  if (FileIdentity::of(file.path) == file.identity) return file.path;
  return std::nullopt;
}

Result<std::unique_ptr<TableReader>> History::open_rows(
    const InstalledGeneration::File& file) const {
  const auto gone = [&] {
    return fail(Errc::no_input, file.path.string() + ": the rows of generation " +
                                    std::to_string(file.origin) + " are gone");
  };
  if (!file.type) return gone();
  // One in place may be replaced, and copied into the history, meanwhile.
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const auto bytes = bytes_of(file);
    if (!bytes) return gone();
    auto reader = open_table(*file.type, *bytes);
    const bool is_copy = *bytes != file.path;
    if (is_copy || FileIdentity::of(file.path) == file.identity) return reader;
  }
  return gone();
}

const InstalledGeneration::File* History::in_place(const fs::path& path) const {
  const auto identity = FileIdentity::of(path);
  if (!identity) return nullptr;
  for (const InstalledGeneration& generation : std::views::reverse(generations_)) {
    for (const InstalledGeneration::File& file : generation.files) {
      if (file.path == path && file.identity == *identity) return &file;
    }
  }
  return nullptr;
}

Result<void> History::write(const InstalledGeneration& generation) {
  const fs::path directory = directory_of(generation.number);
  if (auto made = make_directories(directory); !made) return made;
  if (auto written = replace_file(directory / "manifest", manifest_text(generation), kMode);
      !written) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    return written;
  }
  generations_.push_back(generation);
  highest_ = std::max(highest_, generation.number);
  return flush_directory(directory_);
}

Result<void> History::adopt(std::span<const StagedArtifact> artifacts, Time now) {
  InstalledGeneration found{
      .number = next_number(), .made = now, .cause = std::string{kFoundInPlace}, .files = {}};
  for (const StagedArtifact& each : artifacts) {
    const auto identity = FileIdentity::of(each.target);
    if (!identity || in_place(each.target) != nullptr) continue;
    found.files.push_back({.path = each.target,
                           .mta = each.artifact.mta,
                           .type = each.artifact.table_type(),
                           .origin = found.number,
                           .stored = stored_name(found.files.size(), each),
                           .identity = *identity});
  }
  return found.files.empty() ? Result<void>{} : write(found);
}

Result<unsigned> History::enter(std::span<const StagedArtifact> artifacts, Time now,
                                const std::string& cause) {
  if (auto adopted = adopt(artifacts, now); !adopted) return std::unexpected(adopted.error());
  InstalledGeneration fresh{.number = next_number(), .made = now, .cause = cause, .files = {}};
  for (const StagedArtifact& each : artifacts) {
    InstalledGeneration::File file{.path = each.target,
                                   .mta = each.artifact.mta,
                                   .type = each.artifact.table_type(),
                                   .origin = fresh.number,
                                   .stored = stored_name(fresh.files.size(), each),
                                   .identity = {}};
    if (each.change == StagedArtifact::Change::unchanged) {
      if (const InstalledGeneration::File* known = in_place(each.target)) file = *known;
    } else {
      // A rename keeps what identifies a file.
      file.identity = FileIdentity::of(each.staged).value_or(FileIdentity{});
    }
    fresh.files.push_back(std::move(file));
  }
  if (auto written = write(fresh); !written) return std::unexpected(written.error());
  return fresh.number;
}

void History::withdraw(unsigned number) {
  std::error_code ignored;
  fs::remove_all(directory_of(number), ignored);
  std::erase_if(generations_, [number](const auto& each) { return each.number == number; });
}

Result<void> History::note_put_back(const fs::path& path, const FileIdentity& before) {
  const auto identity = FileIdentity::of(path);
  if (!identity || *identity == before) return {};
  for (InstalledGeneration& generation : generations_) {
    bool changed = false;
    for (InstalledGeneration::File& file : generation.files) {
      if (file.path != path || file.identity != before) continue;
      file.identity = *identity;
      changed = true;
    }
    if (!changed) continue;
    if (auto written = replace_file(directory_of(generation.number) / "manifest",
                                    manifest_text(generation), kMode);
        !written)
      return written;
  }
  return {};
}

Result<void> History::begin_install() const {
  return replace_file(directory_ / kUnfinished, "", kMode);
}

void History::end_install() const {
  std::error_code ignored;
  fs::remove(directory_ / kUnfinished, ignored);
}

bool History::unfinished() const {
  std::error_code error;
  return fs::exists(directory_ / kUnfinished, error);
}

BackupPlace History::backup_place() const {
  return [this](const StagedArtifact& artifact) -> Result<fs::path> {
    const InstalledGeneration::File* file = in_place(artifact.target);
    if (file == nullptr)
      return fail(Errc::try_again,
                  artifact.target.string() + ": was changed by somebody else just now, run again");
    if (auto made = make_directories(directory_of(file->origin)); !made)
      return std::unexpected(made.error());
    return directory_of(file->origin) / file->stored;
  };
}

Result<void> History::keep_snapshot(unsigned number, const fs::path& snapshot) const {
  std::error_code error;
  if (!fs::exists(snapshot, error)) return {};
  const fs::path kept = directory_of(number) / "snapshot";
  fs::remove(kept, error);
  fs::create_hard_link(snapshot, kept, error);
  if (error) return fail(Errc::io, kept.string() + ": cannot be made: " + error.message());
  return {};
}

std::optional<fs::path> History::snapshot_of(unsigned number) const {
  fs::path kept = directory_of(number) / "snapshot";
  std::error_code error;
  if (!fs::exists(kept, error)) return std::nullopt;
  return kept;
}

void History::prune() {
  const std::size_t wanted = std::size_t{keep_} + 1;
  const auto held = hold();
  const std::size_t surplus = generations_.size() - std::min(generations_.size(), wanted);
  for (std::size_t i = surplus; i-- > 0;) {
    if (!held || generations_[i].number != held->generation)
      generations_.erase(generations_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::set<unsigned> used;
  for (const InstalledGeneration& generation : generations_) {
    used.insert(generation.number);
    for (const InstalledGeneration::File& file : generation.files)
      used.insert(file.origin);
  }
  std::error_code error;
  std::vector<fs::path> unused;
  for (fs::directory_iterator each{directory_, error}, end; !error && each != end;
       each.increment(error)) {
    const auto number = parse_number(each->path().filename().string());
    if (!number) continue;
    if (!used.contains(*number)) unused.push_back(each->path());
    if (find(*number) == nullptr) unused.push_back(each->path() / "manifest");
  }
  for (const fs::path& path : unused)
    fs::remove_all(path, error);
}

void History::remove_leftovers() const {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::recursive_directory_iterator each{directory_, error}, end; !error && each != end;
       each.increment(error)) {
    if (each->path().string().ends_with(kPartMark)) leftovers.push_back(each->path());
  }
  for (const fs::path& path : leftovers)
    fs::remove(path, error);
}

std::optional<Hold> History::hold() const {
  const auto text = read_file(directory_ / kHold, kMaxManifest);
  if (!text) return std::nullopt;
  std::istringstream in{*text};
  Hold out;
  std::string since;
  in >> out.generation >> since;
  out.since = parse_rfc3339(since).value_or(Time{});
  return out;
}

Result<void> History::set_hold(const std::optional<Hold>& hold) const {
  const fs::path file = directory_ / kHold;
  if (hold)
    return replace_file(
        file, std::to_string(hold->generation) + " " + format_time(hold->since) + "\n", kMode);
  std::error_code error;
  fs::remove(file, error);
  if (error) return fail(Errc::io, file.string() + ": cannot be removed: " + error.message());
  return {};
}

Result<void> History::begin_rollback(unsigned target) const {
  return replace_file(directory_ / kRollback, std::to_string(target) + "\n", kMode);
}

void History::end_rollback() const {
  std::error_code ignored;
  fs::remove(directory_ / kRollback, ignored);
}

std::optional<unsigned> History::begun_rollback() const {
  const auto text = read_file(directory_ / kRollback, kMaxManifest);
  return text ? parse_number(text->substr(0, text->find('\n'))) : std::nullopt;
}

}  // namespace tlspact

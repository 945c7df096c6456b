// SPDX-License-Identifier: MIT
#include "daemon/control/init/init_backup.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <sstream>

#include "generators/postfix/main_cf.h"
#include "generators/process/subprocess.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = std::size_t{64} << 20U;
constexpr mode_t kPrivate = 0700;
constexpr mode_t kPrivateFile = 0600;

/// Whoever could write here could have root write anything anywhere.
Result<bool> is_there_and_ours(const fs::path& directory) {
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return io_error(directory, "read");
  }
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    return fail(Errc::io, directory.string() +
                              ": is no directory that belongs to this user alone; look who made "
                              "it, move it away, and try again");
  return true;
}

Poco::JSON::Object::Ptr entry_json(const InitBackup::Entry& entry) {
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("path", entry.original.path.string());
  out->set("existed", entry.original.exists);
  out->set("mode", static_cast<unsigned>(entry.original.mode));
  out->set("owner", static_cast<unsigned>(entry.original.owner));
  out->set("group", static_cast<unsigned>(entry.original.group));
  out->set("written_sha256", entry.written_sha256);
  out->set("copy", entry.name);
  return out;
}

InitBackup::Entry entry_of(const Poco::JSON::Object& json) {
  InitBackup::Entry out;
  out.original.path = json.getValue<std::string>("path");
  out.original.exists = json.getValue<bool>("existed");
  out.original.mode = json.getValue<unsigned>("mode");
  out.original.owner = json.getValue<unsigned>("owner");
  out.original.group = json.getValue<unsigned>("group");
  out.written_sha256 = json.getValue<std::string>("written_sha256");
  out.name = json.getValue<std::string>("copy");
  return out;
}

bool is_as(const FileState& now, const FileState& then) {
  return now.exists == then.exists && now.bytes == then.bytes;
}

}  // namespace

Result<InitBackup> InitBackup::open(const fs::path& directory) {
  InitBackup out{directory};
  const auto there = is_there_and_ours(directory);
  if (!there) return std::unexpected(there.error());
  if (*there)
    if (auto read = out.read_manifest(); !read) return std::unexpected(read.error());
  return out;
}

Result<void> InitBackup::read_manifest() {
  const fs::path file = directory_ / "manifest";
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const auto text = read_file(file, kLimit);
  if (!text) return std::unexpected(text.error());
  try {
    Poco::JSON::Parser parser;
    const auto json = parser.parse(*text).extract<Poco::JSON::Object::Ptr>();
    finished_ = json->getValue<bool>("finished");
    for (const auto& each : *json->getArray("directories"))
      made_directories_.emplace_back(each.convert<std::string>());
    for (const auto& each : *json->getArray("files"))
      entries_.push_back(entry_of(*each.extract<Poco::JSON::Object::Ptr>()));
  } catch (const Poco::Exception& exception) {
    return fail(Errc::io, file.string() + ": cannot be read: " + exception.displayText());
  }
  for (Entry& entry : entries_) {
    auto original = read_file(directory_ / (entry.name + ".original"), kLimit);
    if (!original) return std::unexpected(original.error());
    entry.original.bytes = *std::move(original);
    auto written = read_file(directory_ / (entry.name + ".written"), kLimit);
    if (!written) return std::unexpected(written.error());
    entry.written = *std::move(written);
  }
  return {};
}

Result<void> InitBackup::write_manifest() const {
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const Entry& entry : entries_)
    files->add(entry_json(entry));
  Poco::JSON::Array::Ptr directories = new Poco::JSON::Array;
  for (const fs::path& each : made_directories_)
    directories->add(each.string());
  Poco::JSON::Object json;
  json.set("finished", finished_);
  json.set("directories", directories);
  json.set("files", files);
  std::ostringstream text;
  json.stringify(text, 1);
  return write_copy("manifest", text.str() + "\n");
}

Result<void> InitBackup::write_copy(const std::string& name, const std::string& bytes) const {
  return write_file_state({.path = directory_ / name,
                           .exists = true,
                           .bytes = bytes,
                           .mode = kPrivateFile,
                           .owner = ::geteuid(),
                           .group = ::getegid()});
}

/// The file as it is now, without what init wrote: the change from written to original is made in
/// the text as it is now. Where the lines themselves were edited, a main.cf is still understood
/// parameter by parameter; of other files nothing is guessed.
Result<std::string> InitBackup::without_ours(const Entry& entry) const {
  const auto merged = run_command({.argv = {"diff3", "-m", "-a", entry.original.path.string(),
                                            (directory_ / (entry.name + ".written")).string(),
                                            (directory_ / (entry.name + ".original")).string()},
                                   .input = {}});
  if (merged && merged->exit_code == 0) return merged->out;
  if (entry.original.path.filename() == "main.cf") {
    const auto now = read_file_state(entry.original.path);
    if (!now) return std::unexpected(now.error());
    MainCf main_cf{now->bytes};
    main_cf.take_back(MainCf{entry.original.bytes}, MainCf{entry.written});
    return main_cf.text();
  }
  const std::string path = entry.original.path.string();
  return fail(Errc::try_again,
              path +
                  ": was edited where init had changed it, so the edits cannot be told from "
                  "ours; compare with " +
                  (directory_ / (entry.name + ".original")).string() + " (diff " +
                  (directory_ / (entry.name + ".original")).string() + " " + path +
                  "), make it as it should be without tlspact, copy it over " + "that backup and " +
                  path + ", and try again");
}

Result<void> InitBackup::record_one(const FileChange& change) {
  auto now = read_file_state(change.path);
  if (!now) return std::unexpected(now.error());
  auto entry =
      std::ranges::find(entries_, now->path, [](const Entry& each) { return each.original.path; });
  if (entry == entries_.end()) {
    std::ranges::copy(missing_parents(now->path), std::back_inserter(made_directories_));
    const std::string name = std::to_string(entries_.size());
    entry = entries_.insert(entries_.end(), Entry{*now, {}, {}, name});
  } else if (!is_as(*now, entry->original) && sha256_hex(now->bytes) != entry->written_sha256) {
    if (entry->original.exists && now->exists) {
      auto edited = without_ours(*entry);
      if (!edited) return std::unexpected(edited.error());
      entry->original.bytes = *std::move(edited);
    } else if (now->exists) {
      // A file of our own: the shipped text goes over the edits, which stay readable here.
      if (auto kept = write_copy(entry->name + ".edited", now->bytes); !kept) return kept;
    }
  }
  if (auto kept = write_copy(entry->name + ".original", entry->original.bytes); !kept) return kept;
  entry->written = change.text;
  entry->written_sha256 = sha256_hex(change.text);
  return write_copy(entry->name + ".written", change.text);
}

Result<void> InitBackup::record(std::span<const FileChange> changes) {
  std::error_code error;
  if (!fs::exists(directory_, error)) {
    if (auto made = make_directories(directory_.parent_path()); !made) return made;
    if (::mkdir(directory_.c_str(), kPrivate) != 0 || ::chmod(directory_.c_str(), kPrivate) != 0)
      return io_error(directory_, "made");
    if (auto flushed = flush_directory(directory_.parent_path()); !flushed) return flushed;
  }
  for (const FileChange& change : changes)
    if (auto recorded = record_one(change); !recorded) return recorded;
  finished_ = false;
  return write_manifest();
}

Result<void> InitBackup::finish() {
  finished_ = true;
  return write_manifest();
}

Result<std::vector<FileState>> InitBackup::undo_states(std::vector<fs::path>& edited) const {
  std::vector<FileState> out;
  for (const Entry& entry : std::views::reverse(entries_)) {
    const auto now = read_file_state(entry.original.path);
    if (!now) return std::unexpected(now.error());
    if (is_as(*now, entry.original)) continue;
    FileState wanted = entry.original;
    // A file that somebody removed since comes back, or stays away.
    if (now->exists && sha256_hex(now->bytes) != entry.written_sha256) {
      if (!entry.original.exists)
        return fail(Errc::try_again, now->path.string() +
                                         ": init made this file, and it was edited since; move it "
                                         "away to keep the edits, and try again");
      auto merged = without_ours(entry);
      if (!merged) return std::unexpected(merged.error());
      wanted.bytes = *std::move(merged);
      edited.push_back(now->path);
    }
    out.push_back(std::move(wanted));
  }
  return out;
}

Result<void> InitBackup::remove() {
  // The manifest goes first: without it there is nothing to undo.
  if (::unlink((directory_ / "manifest").c_str()) != 0 && errno != ENOENT)
    return io_error(directory_ / "manifest", "removed");
  for (const Entry& entry : entries_)
    for (const char* kind : {".original", ".written"})
      ::unlink((directory_ / (entry.name + kind)).c_str());
  // Edits that were overwritten (NAME.edited) stay, and the directory with them.
  ::rmdir(directory_.c_str());
  for (const fs::path& each : std::views::reverse(made_directories_))
    ::rmdir(each.c_str());  // one that somebody else uses is not empty, and stays
  entries_.clear();
  return {};
}

Result<void> InitBackup::go_back_to(const InitBackup& before) {
  if (before.empty()) return remove();  // all of it is of this run
  *this = before;
  for (const Entry& entry : entries_) {
    if (auto kept = write_copy(entry.name + ".original", entry.original.bytes); !kept) return kept;
    if (auto kept = write_copy(entry.name + ".written", entry.written); !kept) return kept;
  }
  return write_manifest();
}

}  // namespace tlspact

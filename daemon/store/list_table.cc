// SPDX-License-Identifier: MIT
/// The store's lists, and those that are held back.
#include <Poco/Data/Statement.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "daemon/store/sql.h"
#include "generators/install/file_identity.h"
#include "generators/table/file.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;
// NOLINTEND(misc-use-internal-linkage)

namespace {

namespace fs = std::filesystem;

fs::path lists_of(const fs::path& file) {
  return file.string() + ".lists";
}

/// Moves a file into the store and flushes it to disk; copies it if it comes from another one.
Result<void> take_over(const fs::path& from, const fs::path& to) {
  constexpr mode_t kMode = 0640;
  if (auto made = make_directories(to.parent_path()); !made) return made;
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    if (errno != EXDEV) return io_error(to, "written");
    if (auto copied = copy_whole_file(from, to); !copied) return copied;
    std::error_code ignored;
    fs::remove(from, ignored);
  }
  if (::chmod(to.c_str(), kMode) != 0) return io_error(to, "given its mode");
  if (auto flushed = flush_file(to); !flushed) return flushed;
  return flush_directory(to.parent_path());
}

}  // namespace

Result<std::optional<StoredList>> Store::list(const std::string& name) {
  if (session_ == nullptr) return std::nullopt;
  return guarded(session_->file, [&]() -> Result<std::optional<StoredList>> {
    std::string key = name;
    StoredList list{.name = name};
    Poco::Data::BLOB signature;
    Poco::Int64 timestamp = 0;
    Poco::Int64 fetched = 0;
    Poco::Int64 expires = 0;
    Poco::Int64 enforced = 0;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT url, primary_key, signature, sha256, timestamp, fetched, etag, "
                 "last_modified, expires, enforced FROM list WHERE name = ?",
        use(key), into(list.url), into(list.primary_key), into(signature), into(list.sha256),
        into(timestamp), into(fetched), into(list.etag), into(list.last_modified), into(expires),
        into(enforced);
    if (statement.execute() == 0) return std::nullopt;
    list.signature = from_blob(signature);
    list.timestamp = from_sql(timestamp);
    list.fetched = from_sql(fetched);
    list.expires = from_sql(expires);
    list.enforced = static_cast<std::uint64_t>(enforced);
    return list;
  });
}

fs::path Store::list_file(const StoredList& list) const {
  return session_ == nullptr ? fs::path{} : lists_of(session_->file) / list.sha256;
}

Result<void> Store::keep_list(const StoredList& list, const fs::path& file) {
  if (session_ == nullptr) return read_only_store();
  if (auto taken = take_over(file, list_file(list)); !taken) return taken;
  auto entered = guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "REPLACE INTO list VALUES (?, ?, ?, IFNULL(?, x''), ?, ?, ?, ?, ?, ?, ?)",
        bind(list.name), bind(list.url), bind(list.primary_key), bind(to_blob(list.signature)),
        bind(list.sha256), bind(to_sql(list.timestamp)), bind(to_sql(list.fetched)),
        bind(list.etag), bind(list.last_modified), bind(to_sql(list.expires)),
        bind(static_cast<Poco::Int64>(list.enforced)), now;
    return {};
  });
  if (entered) remove_unused_lists();
  return entered;
}

/// Files that no row names any more: of a list that was replaced, or whose row was never written.
void Store::remove_unused_lists() {
  std::vector<std::string> used;
  const auto read = guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "SELECT sha256 FROM list", into(used), now;
    return {};
  });
  if (!read) return;
  std::error_code error;
  std::vector<fs::path> unused;
  for (fs::directory_iterator each{lists_of(session_->file), error}, end; !error && each != end;
       each.increment(error)) {
    // "SHA256", and "SHA256.…" of what was made of it.
    if (std::ranges::find(used, each->path().stem().string()) == used.end())
      unused.push_back(each->path());
  }
  for (const fs::path& path : unused)
    fs::remove(path, error);
}

Result<void> Store::touch_list(const StoredList& list) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "UPDATE list SET fetched = ?, etag = ?, last_modified = ?, expires = ?, "
                     "enforced = ? WHERE name = ?",
        bind(to_sql(list.fetched)), bind(list.etag), bind(list.last_modified),
        bind(to_sql(list.expires)), bind(static_cast<Poco::Int64>(list.enforced)), bind(list.name),
        now;
    return {};
  });
}

Result<std::vector<std::string>> Store::list_names() {
  if (session_ == nullptr) return std::vector<std::string>{};
  return guarded(session_->file, [&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    session_->sql << "SELECT name FROM list", into(names), now;
    return names;
  });
}

Result<void> Store::keep_only_lists(const std::vector<std::string>& names) {
  if (session_ == nullptr) return read_only_store();
  const auto stored = list_names();
  if (!stored) return std::unexpected(stored.error());
  return guarded(session_->file, [&]() -> Result<void> {
    Poco::Data::Session& sql = session_->sql;
    Transaction transaction{sql};
    for (const std::string& name : *stored) {
      if (std::ranges::find(names, name) != names.end()) continue;
      sql << "DELETE FROM list WHERE name = ?", bind(name), now;
      sql << "DELETE FROM held_list WHERE name = ?", bind(name), now;
    }
    transaction.commit();
    remove_unused_lists();
    return {};
  });
}

Result<std::optional<HeldList>> Store::held_list(const std::string& name) {
  if (session_ == nullptr) return std::nullopt;
  return guarded(session_->file, [&]() -> Result<std::optional<HeldList>> {
    std::string key = name;
    HeldList held{.name = name};
    Poco::Int64 timestamp = 0;
    Poco::Int64 lost_domains = 0;
    Poco::Int64 lost_enforced = 0;
    Poco::Int64 since = 0;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT good_sha256, sha256, timestamp, lost_domains, lost_enforced, since, "
                 "accepted FROM held_list WHERE name = ?",
        use(key), into(held.good_sha256), into(held.sha256), into(timestamp), into(lost_domains),
        into(lost_enforced), into(since), into(held.accepted);
    if (statement.execute() == 0) return std::nullopt;
    held.timestamp = from_sql(timestamp);
    held.lost_domains = static_cast<std::uint64_t>(lost_domains);
    held.lost_enforced = static_cast<std::uint64_t>(lost_enforced);
    held.since = from_sql(since);
    return held;
  });
}

Result<void> Store::keep_held_list(const HeldList& held) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "REPLACE INTO held_list VALUES (?, ?, ?, ?, ?, ?, ?, ?)", bind(held.name),
        bind(held.good_sha256), bind(held.sha256), bind(to_sql(held.timestamp)),
        bind(static_cast<Poco::Int64>(held.lost_domains)),
        bind(static_cast<Poco::Int64>(held.lost_enforced)), bind(to_sql(held.since)),
        bind(held.accepted), now;
    return {};
  });
}

Result<void> Store::forget_held_list(const std::string& name) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "DELETE FROM held_list WHERE name = ?", bind(name), now;
    return {};
  });
}

}  // namespace tlspact

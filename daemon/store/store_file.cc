// SPDX-License-Identifier: MIT
/// The store as a file: its schema, and how it is opened, upgraded and set aside.
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "daemon/store/sql.h"
#include "generators/install/file_identity.h"
#include "generators/table/file.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
// NOLINTEND(misc-use-internal-linkage)

namespace {

bool writes(Store::Access access) {
  return access == Store::Access::read_write || access == Store::Access::write_beside;
}

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 6;

/// Times are epoch seconds.
constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS list (name TEXT PRIMARY KEY, url TEXT NOT NULL, "
    "primary_key TEXT NOT NULL, signature BLOB NOT NULL, sha256 TEXT NOT NULL, "
    "timestamp INTEGER NOT NULL, fetched INTEGER NOT NULL, etag TEXT NOT NULL, "
    "last_modified TEXT NOT NULL, expires INTEGER NOT NULL DEFAULT 0, "
    "enforced INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS agreement_file (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS held_list (name TEXT PRIMARY KEY, good_sha256 TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, timestamp INTEGER NOT NULL, lost_domains INTEGER NOT NULL, "
    "lost_enforced INTEGER NOT NULL, since INTEGER NOT NULL, accepted INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS accepted (what TEXT PRIMARY KEY, at INTEGER NOT NULL)",
    // Since version 3. A domain without a policy has NULL for its text.
    "CREATE TABLE IF NOT EXISTS sts (domain TEXT PRIMARY KEY, id TEXT NOT NULL, "
    "mode TEXT NOT NULL, max_age INTEGER NOT NULL, text BLOB, fetched INTEGER, looked INTEGER, "
    "failed_looks INTEGER NOT NULL, pending_id TEXT NOT NULL, failures INTEGER NOT NULL, "
    "retry_at INTEGER, fault_since INTEGER, fault INTEGER NOT NULL, last_error TEXT NOT NULL, "
    "next_look INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS dane (domain TEXT PRIMARY KEY, memory BLOB NOT NULL, "
    "next_look INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS correspondent (domain TEXT PRIMARY KEY, "
    "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, origin TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log_position (path TEXT PRIMARY KEY, device INTEGER NOT NULL, "
    "inode INTEGER NOT NULL, position INTEGER NOT NULL, cursor TEXT NOT NULL)",
    // Since version 4. `memory` and `facts` are JSON.
    "CREATE TABLE IF NOT EXISTS endpoint (host TEXT NOT NULL, address TEXT NOT NULL, "
    "memory TEXT NOT NULL, next_probe INTEGER NOT NULL, PRIMARY KEY (host, address))",
    "CREATE TABLE IF NOT EXISTS evidence (host TEXT NOT NULL, address TEXT NOT NULL, "
    "at INTEGER NOT NULL, kind TEXT NOT NULL, facts TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS evidence_by_host ON evidence (host, at)",
    "CREATE INDEX IF NOT EXISTS evidence_by_time ON evidence (at)",
    "CREATE TABLE IF NOT EXISTS learned_domain (domain TEXT PRIMARY KEY, memory TEXT NOT NULL, "
    "look_again INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS held_policy (domain TEXT NOT NULL, source TEXT NOT NULL, "
    "since INTEGER NOT NULL, accepted INTEGER NOT NULL, PRIMARY KEY (domain, source))",
    // Since version 5. `ended` is 0 while it stands; `missed`, since version 6, while the last run
    // noticed it.
    "CREATE TABLE IF NOT EXISTS alert (cause TEXT PRIMARY KEY, subject TEXT NOT NULL, "
    "text TEXT NOT NULL, since INTEGER NOT NULL, seen INTEGER NOT NULL, ended INTEGER NOT NULL, "
    "missed INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS alert_delivery (notifier TEXT NOT NULL, kind TEXT NOT NULL, "
    "attempts INTEGER NOT NULL, due INTEGER NOT NULL, cause TEXT NOT NULL, subject TEXT NOT NULL, "
    "text TEXT NOT NULL, since INTEGER NOT NULL, seen INTEGER NOT NULL, ended INTEGER NOT NULL)",
};

/// From version 1, which kept the bytes of a list in the database: lists are fetched anew.
constexpr const char* kFromVersion1[] = {
    "DROP TABLE IF EXISTS list_piece",
    "DROP TABLE IF EXISTS list",
};

bool is_damage(const Poco::Exception& exception) {
  return dynamic_cast<const Poco::Data::SQLite::CorruptImageException*>(&exception) != nullptr ||
         exception.displayText().contains("not a database") ||
         exception.displayText().contains("malformed");
}

/// SQLite would follow the umask.
Result<void> make_store_file(const fs::path& file) {
  constexpr unsigned kMode = 0640;
  if (auto made = make_directories(file.parent_path()); !made) return made;
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (fd < 0 && errno == EEXIST) return {};
  if (fd < 0 || ::fchmod(fd, kMode) != 0) {
    auto failed = io_error(file, "made");
    failed.error().code = Errc::io;
    if (fd >= 0) ::close(fd);
    return failed;
  }
  ::close(fd);
  return {};
}

/// A path inside a URI (RFC 3986 section 2.1).
std::string uri_path(const fs::path& file) {
  std::string out;
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += c == '%' ? "%25" : (c == '?' ? "%3f" : "%23");
    } else {
      out += c;
    }
  }
  return out;
}

Poco::Data::Session connect(const fs::path& file, Store::Access access) {
  static std::once_flag registered;
  std::call_once(registered, [] { Poco::Data::SQLite::Connector::registerConnector(); });
  constexpr int kBusySeconds = 10;
  if (writes(access)) {
    Poco::Data::Session sql{"SQLite", file.string(), kBusySeconds};
    sql << "PRAGMA journal_mode = WAL", now;
    sql << "PRAGMA synchronous = FULL", now;
    return sql;
  }
  // Where no writer is at work and the directory is not ours to write, WAL cannot be opened in the
  // usual way; without a log beside it the file is all there is. Beside a writer that may begin at
  // any time it never is.
  std::error_code error;
  const bool at_rest =
      access == Store::Access::read_only && !fs::exists(file.string() + "-wal", error);
  return {"SQLite", "file:" + uri_path(file) + (at_rest ? "?immutable=1" : "?mode=ro"),
          kBusySeconds};
}

void bring_up_to_date(Poco::Data::Session& sql, int version) {
  Transaction transaction{sql};
  if (version == 1) {
    for (const char* statement : kFromVersion1)
      sql << statement, now;
  }
  if (version == 5) sql << "ALTER TABLE alert ADD COLUMN missed INTEGER NOT NULL DEFAULT 0", now;
  for (const char* statement : kSchema)
    sql << statement, now;
  sql << "PRAGMA user_version = 6", now;
  transaction.commit();
}

/// False: a file without a schema, opened to be read; it holds nothing.
bool prepare(Poco::Data::Session& sql, const fs::path& file, Store::Access access) {
  int version = 0;
  sql << "PRAGMA user_version", into(version), now;
  if (version > kSchemaVersion)
    throw Poco::DataException("it was written by a newer tlspact, install that one", file.string());
  // One of an earlier version is brought up to date by the next run that writes.
  if (!writes(access) && version < kSchemaVersion) return false;
  if (version < kSchemaVersion) bring_up_to_date(sql, version);
  if (access == Store::Access::read_beside || access == Store::Access::write_beside) return true;
  // Reads every page, so that damage shows now.
  std::string verdict;
  sql << "PRAGMA quick_check(1)", into(verdict), now;
  if (verdict != "ok") throw Poco::Data::SQLite::CorruptImageException(verdict);
  return true;
}

fs::path set_aside(const fs::path& file, Time now) {
  fs::path aside = file;
  aside += ".damaged-" + std::to_string(to_sql(now));
  std::error_code ignored;
  fs::rename(file, aside, ignored);
  for (const char* suffix : {"-wal", "-shm"})
    fs::remove(file.string() + suffix, ignored);
  return aside;
}

}  // namespace

Store::Store(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const fs::path& file, Access access, Time now, Notices& notices) {
  std::error_code error;
  if (!writes(access) && !fs::exists(file, error)) return Store{nullptr};
  for (bool retried = false;; retried = true) {
    if (writes(access)) {
      if (auto made = make_store_file(file); !made) return std::unexpected(made.error());
    }
    if (!fs::is_regular_file(file, error))
      return fail(Errc::io, file.string() + ": is not a regular file, remove it");
    // Poco would try for ten seconds, and then only say that it cannot open the file.
    const int wanted = writes(access) ? R_OK | W_OK : R_OK;
    if (::faccessat(AT_FDCWD, file.c_str(), wanted, AT_EACCESS) != 0) {
      auto denied = io_error(file, "read");
      denied.error().code = Errc::io;
      return denied;
    }
    try {
      auto session = std::make_unique<Session>(Session{connect(file, access), file});
      if (!prepare(session->sql, file, access)) return Store{nullptr};
      return Store{std::move(session)};
    } catch (const Poco::Exception& exception) {
      if (retried || !is_damage(exception)) return store_error(file, exception);
      if (access == Access::write_beside) return store_error(file, exception);
      if (!writes(access)) {
        notices.push_back({Severity::alert, file.string(),
                           "the store is damaged; the last good inputs in it are not used"});
        return Store{nullptr};
      }
      const fs::path aside = set_aside(file, now);
      notices.push_back({Severity::alert, file.string(),
                         "the store was damaged: it is set aside as " + aside.string() +
                             " and a new one begun; the last good inputs are gone until their "
                             "sources are read again"});
    }
  }
}

}  // namespace tlspact

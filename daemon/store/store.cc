// SPDX-License-Identifier: MIT
#include "daemon/store/store.h"

#include <Poco/Data/LOB.h>
#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Session.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>

#include "generators/install/file_identity.h"
#include "generators/table/file.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;
// NOLINTEND(misc-use-internal-linkage)

struct Store::Session {
  Poco::Data::Session sql;
  std::filesystem::path file;
};

namespace {

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 2;

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
};

/// From version 1, which kept the bytes of a list in the database: lists are fetched anew.
constexpr const char* kFromVersion1[] = {
    "DROP TABLE IF EXISTS list_piece",
    "DROP TABLE IF EXISTS list",
};

Poco::Int64 to_sql(Time time) {
  return time.time_since_epoch().count();
}
Time from_sql(Poco::Int64 seconds) {
  return Time{Seconds{seconds}};
}

/// Poco binds an empty one as NULL, hence IFNULL in the statements.
Poco::Data::BLOB to_blob(const std::string& bytes) {
  return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
}
std::string from_blob(const Poco::Data::BLOB& blob) {
  return {reinterpret_cast<const char*>(blob.rawContent()), blob.size()};
}

std::unexpected<Error> read_only() {
  return fail(Errc::io, "the store was opened to be read only, and there is none");
}

std::unexpected<Error> store_error(const fs::path& file, const Poco::Exception& exception) {
  return fail(Errc::io, file.string() + ": the store failed: " + exception.message() +
                            "; see that there is room on its disk, that files may grow (ulimit -f) "
                            "and that tlspact may write there");
}

/// Runs `work` and turns Poco's exceptions into an Error.
template <class Work>
auto guarded(const fs::path& file, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const Poco::Exception& exception) {
    return store_error(file, exception);
  }
}

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Poco::Data::Session& sql) : sql_(sql) { sql_.begin(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction(Transaction&&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    try {
      if (!committed_) sql_.rollback();
    } catch (const Poco::Exception&) {  // the connection is gone, and the transaction with it
    }
  }
  void commit() {
    sql_.commit();
    committed_ = true;
  }

 private:
  Poco::Data::Session& sql_;
  bool committed_ = false;
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
  if (access == Store::Access::read_write) {
    Poco::Data::Session sql{"SQLite", file.string(), kBusySeconds};
    sql << "PRAGMA journal_mode = WAL", now;
    sql << "PRAGMA synchronous = FULL", now;
    return sql;
  }
  // Where no writer is at work and the directory is not ours to write, WAL cannot be opened in the
  // usual way; without a log beside it the file is all there is.
  std::error_code error;
  const bool at_rest = !fs::exists(file.string() + "-wal", error);
  return {"SQLite", "file:" + uri_path(file) + (at_rest ? "?immutable=1" : "?mode=ro"),
          kBusySeconds};
}

void bring_up_to_date(Poco::Data::Session& sql, int version) {
  Transaction transaction{sql};
  if (version == 1) {
    for (const char* statement : kFromVersion1)
      sql << statement, now;
  }
  for (const char* statement : kSchema)
    sql << statement, now;
  sql << "PRAGMA user_version = 2", now;
  transaction.commit();
}

/// False: a file without a schema, opened to be read; it holds nothing.
bool prepare(Poco::Data::Session& sql, const fs::path& file, Store::Access access) {
  int version = 0;
  sql << "PRAGMA user_version", into(version), now;
  if (version > kSchemaVersion)
    throw Poco::DataException("it was written by a newer tlspact, install that one", file.string());
  // One of an earlier version is brought up to date by the next run that writes.
  if (access == Store::Access::read_only && version < kSchemaVersion) return false;
  if (access == Store::Access::read_write) {
    if (version < kSchemaVersion) bring_up_to_date(sql, version);
  }
  // Reads every page, so that damage shows now.
  std::string verdict;
  sql << "PRAGMA quick_check(1)", into(verdict), now;
  if (verdict != "ok") throw Poco::Data::SQLite::CorruptImageException(verdict);
  return true;
}

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
  if (access == Access::read_only && !fs::exists(file, error)) return Store{nullptr};
  for (bool retried = false;; retried = true) {
    if (access == Access::read_write) {
      if (auto made = make_store_file(file); !made) return std::unexpected(made.error());
    }
    if (!fs::is_regular_file(file, error))
      return fail(Errc::io, file.string() + ": is not a regular file, remove it");
    // Poco would try for ten seconds, and then only say that it cannot open the file.
    const int wanted = access == Access::read_write ? R_OK | W_OK : R_OK;
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
      if (access == Access::read_only) {
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
  if (session_ == nullptr) return read_only();
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
  if (session_ == nullptr) return read_only();
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
  if (session_ == nullptr) return read_only();
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
  if (session_ == nullptr) return read_only();
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
  if (session_ == nullptr) return read_only();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "DELETE FROM held_list WHERE name = ?", bind(name), now;
    return {};
  });
}

Result<std::optional<Time>> Store::clock_accepted() {
  if (session_ == nullptr) return std::nullopt;
  return guarded(session_->file, [&]() -> Result<std::optional<Time>> {
    Poco::Int64 at = 0;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT at FROM accepted WHERE what = 'clock'", into(at);
    if (statement.execute() == 0) return std::nullopt;
    return from_sql(at);
  });
}

Result<void> Store::accept_clock(Time at) {
  if (session_ == nullptr) return read_only();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "REPLACE INTO accepted VALUES ('clock', ?)", bind(to_sql(at)), now;
    return {};
  });
}

Result<std::vector<StoredFile>> Store::agreements() {
  if (session_ == nullptr) return std::vector<StoredFile>{};
  return guarded(session_->file, [&]() -> Result<std::vector<StoredFile>> {
    std::vector<std::string> names;
    std::vector<Poco::Data::BLOB> bytes;
    session_->sql << "SELECT name, bytes FROM agreement_file ORDER BY name", into(names),
        into(bytes), now;
    std::vector<StoredFile> files;
    files.reserve(names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
      files.push_back({names[i], from_blob(bytes[i])});
    return files;
  });
}

Result<void> Store::keep_agreements(const std::vector<StoredFile>& files) {
  if (session_ == nullptr) return read_only();
  return guarded(session_->file, [&]() -> Result<void> {
    Poco::Data::Session& sql = session_->sql;
    Transaction transaction{sql};
    sql << "DELETE FROM agreement_file", now;
    for (const StoredFile& file : files) {
      sql << "INSERT INTO agreement_file VALUES (?, IFNULL(?, x''))", bind(file.name),
          bind(to_blob(file.bytes)), now;
    }
    transaction.commit();
    return {};
  });
}

}  // namespace tlspact

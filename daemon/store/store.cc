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
#include <fstream>
#include <mutex>

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

constexpr std::size_t kChunk = 1UL << 20;
constexpr int kSchemaVersion = 1;

/// Times are epoch seconds. A list is kept in pieces, because one value holds at most 1 GB.
constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS list (name TEXT PRIMARY KEY, url TEXT NOT NULL, "
    "primary_key TEXT NOT NULL, signature BLOB NOT NULL, sha256 TEXT NOT NULL, "
    "timestamp INTEGER NOT NULL, fetched INTEGER NOT NULL, etag TEXT NOT NULL, "
    "last_modified TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS list_piece (name TEXT NOT NULL REFERENCES list(name), "
    "number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, number))",
    "CREATE TABLE IF NOT EXISTS agreement_file (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)",
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
  return fail(Errc::io, file.string() + ": the store failed: " + exception.displayText());
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

/// False: a file without a schema, opened to be read; it holds nothing.
bool prepare(Poco::Data::Session& sql, const fs::path& file, Store::Access access) {
  int version = 0;
  sql << "PRAGMA user_version", into(version), now;
  if (version > kSchemaVersion)
    throw Poco::DataException("it was written by a newer tlspact, install that one", file.string());
  if (access == Store::Access::read_only && version == 0) return false;
  if (access == Store::Access::read_write) {
    Transaction transaction{sql};
    for (const char* statement : kSchema)
      sql << statement, now;
    sql << "PRAGMA user_version = 1", now;
    transaction.commit();
  }
  // Reads every page that matters, so that damage shows now.
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
      denied.error().text +=
          "; run tlspact as root or as the owner of " + file.parent_path().string();
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
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT url, primary_key, signature, sha256, timestamp, fetched, etag, "
                 "last_modified FROM list WHERE name = ?",
        use(key), into(list.url), into(list.primary_key), into(signature), into(list.sha256),
        into(timestamp), into(fetched), into(list.etag), into(list.last_modified);
    if (statement.execute() == 0) return std::nullopt;
    list.signature = from_blob(signature);
    list.timestamp = from_sql(timestamp);
    list.fetched = from_sql(fetched);
    return list;
  });
}

Result<void> Store::copy_list(const std::string& name, const fs::path& file) {
  const auto known = list(name);
  if (!known) return std::unexpected(known.error());
  if (!*known) return fail(Errc::no_input, "the store holds no list " + name);
  return guarded(session_->file, [&]() -> Result<void> {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    for (int number = 0;; ++number) {
      std::string key = name;
      Poco::Data::BLOB bytes;
      Poco::Data::Statement statement{session_->sql};
      statement << "SELECT bytes FROM list_piece WHERE name = ? AND number = ?", use(key),
          use(number), into(bytes);
      if (statement.execute() == 0) break;
      out.write(reinterpret_cast<const char*>(bytes.rawContent()),
                static_cast<std::streamsize>(bytes.size()));
    }
    out.close();
    if (!out) return io_error(file, "written");
    return {};
  });
}

Result<void> Store::keep_list(const StoredList& list, const fs::path& file) {
  if (session_ == nullptr) return read_only();
  return guarded(session_->file, [&]() -> Result<void> {
    Poco::Data::Session& sql = session_->sql;
    std::ifstream in{file, std::ios::binary};
    if (!in) return io_error(file, "read");
    Transaction transaction{sql};
    sql << "DELETE FROM list_piece WHERE name = ?", bind(list.name), now;
    sql << "REPLACE INTO list VALUES (?, ?, ?, IFNULL(?, x''), ?, ?, ?, ?, ?)", bind(list.name),
        bind(list.url), bind(list.primary_key), bind(to_blob(list.signature)), bind(list.sha256),
        bind(to_sql(list.timestamp)), bind(to_sql(list.fetched)), bind(list.etag),
        bind(list.last_modified), now;
    std::string piece(kChunk, '\0');
    for (int number = 0; in; ++number) {
      in.read(piece.data(), static_cast<std::streamsize>(kChunk));
      if (in.gcount() == 0) break;
      sql << "INSERT INTO list_piece VALUES (?, ?, ?)", bind(list.name), bind(number),
          bind(to_blob(piece.substr(0, static_cast<std::size_t>(in.gcount())))), now;
    }
    transaction.commit();
    return {};
  });
}

Result<void> Store::touch_list(const StoredList& list) {
  if (session_ == nullptr) return read_only();
  return guarded(session_->file, [&]() -> Result<void> {
    session_->sql << "UPDATE list SET fetched = ?, etag = ?, last_modified = ? WHERE name = ?",
        bind(to_sql(list.fetched)), bind(list.etag), bind(list.last_modified), bind(list.name), now;
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
      sql << "DELETE FROM list_piece WHERE name = ?", bind(name), now;
      sql << "DELETE FROM list WHERE name = ?", bind(name), now;
    }
    transaction.commit();
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

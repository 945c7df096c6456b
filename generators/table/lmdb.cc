// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "generators/table/file.h"
#include "generators/table/lmdb_format.h"
#include "generators/table/mapped_file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_NOLOCK;
constexpr mdb_mode_t kMode = 0644;

struct CloseEnvironment {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};
using Environment = std::unique_ptr<MDB_env, CloseEnvironment>;

std::unexpected<Error> lmdb_error(const std::filesystem::path& path, int error) {
  if (error > 0) {  // the system's, not lmdb's own
    errno = error;
    return io_error(path, "used as lmdb");
  }
  return fail(Errc::io, path.string() + ": lmdb: " + mdb_strerror(error));
}

/// Address space only: the file grows by what is written. As much as ten million rows can need.
constexpr std::size_t kMapSize = 32UL << 30;

Result<Environment> open_environment(const std::filesystem::path& path, unsigned flags,
                                     std::size_t size) {
  MDB_env* raw = nullptr;
  if (const int error = mdb_env_create(&raw); error != 0) return lmdb_error(path, error);
  Environment environment{raw};
  mdb_env_set_mapsize(raw, size);
  if (const int error = mdb_env_open(raw, path.c_str(), kFlags | flags, kMode); error != 0)
    return lmdb_error(path, error);
  return environment;
}

/// A view of `text` with the trailing NUL that Postfix writes. lmdb takes void*, and only reads.
MDB_val value_of(const std::string& text) {
  return {text.size() + 1, const_cast<char*>(text.c_str())};
}

std::string_view text_of(const MDB_val& value) {
  std::string_view text{static_cast<const char*>(value.mv_data), value.mv_size};
  if (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

struct AbortTransaction {
  void operator()(MDB_txn* transaction) const { mdb_txn_abort(transaction); }
};
using Transaction = std::unique_ptr<MDB_txn, AbortTransaction>;

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

/// What a transaction on the only database of a file needs; closed in the right order.
struct Database {
  Environment environment;
  Transaction transaction;
  MDB_dbi handle = 0;
  Cursor cursor;
};

Result<Database> open_database(const std::filesystem::path& path, unsigned flags,
                               std::size_t size) {
  auto environment = open_environment(path, flags, size);
  if (!environment) return std::unexpected(environment.error());
  Database out{*std::move(environment), {}, 0, {}};
  MDB_txn* transaction = nullptr;
  if (const int error = mdb_txn_begin(out.environment.get(), nullptr, flags, &transaction);
      error != 0)
    return lmdb_error(path, error);
  out.transaction.reset(transaction);
  if (const int error = mdb_dbi_open(transaction, nullptr, 0, &out.handle); error != 0)
    return lmdb_error(path, error);
  MDB_cursor* cursor = nullptr;
  if (const int error = mdb_cursor_open(transaction, out.handle, &cursor); error != 0)
    return lmdb_error(path, error);
  out.cursor.reset(cursor);
  return out;
}

Result<void> check_whole(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  if (!file) return std::unexpected(file.error());
  if (!is_whole_lmdb(file->bytes()))
    return fail(Errc::bad_input, path.string() + ": is not a whole lmdb file");
  return {};
}

class LmdbWriter : public TableWriter {
 public:
  LmdbWriter(std::filesystem::path path, Database database)
      : path_(std::move(path)), database_(std::move(database)) {}

  Result<void> add(std::string_view key, std::string_view value) override {
    key_ = key;
    value_ = value;
    MDB_val key_bytes = value_of(key_);
    MDB_val value_bytes = value_of(value_);
    // The keys ascend, so each goes behind the last.
    const int error = mdb_cursor_put(database_.cursor.get(), &key_bytes, &value_bytes, MDB_APPEND);
    if (error != 0) return lmdb_error(path_, error);
    return {};
  }

  Result<void> finish() override {
    database_.cursor.reset();
    // The commit also flushes the data.
    if (const int error = mdb_txn_commit(database_.transaction.release()); error != 0)
      return lmdb_error(path_, error);
    return {};
  }

 private:
  std::filesystem::path path_;
  Database database_;
  std::string key_;
  std::string value_;
};

class LmdbReader : public TableReader {
 public:
  LmdbReader(std::filesystem::path path, Database database)
      : path_(std::move(path)), database_(std::move(database)) {}

  Result<bool> next() override {
    const int error = mdb_cursor_get(database_.cursor.get(), &key_, &value_, MDB_NEXT);
    if (error == MDB_NOTFOUND) return false;
    if (error != 0) return fail(Errc::bad_input, lmdb_error(path_, error).error().text);
    return true;
  }
  [[nodiscard]] std::string_view key() const override { return text_of(key_); }
  [[nodiscard]] std::string_view value() const override { return text_of(value_); }

 private:
  std::filesystem::path path_;
  Database database_;
  MDB_val key_{};
  MDB_val value_{};
};

}  // namespace

Result<std::unique_ptr<TableWriter>> create_lmdb(const std::filesystem::path& path) {
  // Made first, so that it is new, ours and has its mode whatever the umask.
  const auto fd = create_file(path, kMode);
  if (!fd) return std::unexpected(fd.error());
  if (::close(*fd) != 0) return io_error(path, "written");
  auto database = open_database(path, 0, kMapSize);
  if (!database) return std::unexpected(database.error());
  return std::make_unique<LmdbWriter>(path, *std::move(database));
}

Result<std::unique_ptr<TableReader>> open_lmdb(const std::filesystem::path& path) {
  if (auto whole = check_whole(path); !whole) return std::unexpected(whole.error());
  auto database = open_database(path, MDB_RDONLY, 0);
  if (!database) {
    Error error = database.error();
    if (error.code != Errc::no_input) error.code = Errc::bad_input;
    return std::unexpected(std::move(error));
  }
  return std::make_unique<LmdbReader>(path, *std::move(database));
}

}  // namespace tlspact

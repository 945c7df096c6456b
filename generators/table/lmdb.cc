// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <memory>

#include "generators/table/file.h"
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
  return fail(error == ENOENT ? Errc::no_input : Errc::io,
              path.string() + ": lmdb: " + mdb_strerror(error));
}

/// Room for the rows and their tree: page headers, branch pages, half-full pages.
std::size_t map_size(const Rows& rows) {
  std::size_t bytes = 0;
  for (const Row& row : rows)
    bytes += row.key.size() + row.value.size() + 64;
  constexpr std::size_t kMegabyte = 1UL << 20;
  return ((bytes * 3) / kMegabyte + 4) * kMegabyte;
}

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

/// With the trailing NUL that Postfix writes.
MDB_val value_of(const std::string& text) {
  return {text.size() + 1, const_cast<char*>(text.c_str())};  // lmdb takes void*, and only reads
}

int put_all(MDB_txn* transaction, const Rows& rows) {
  MDB_dbi database = 0;
  if (const int error = mdb_dbi_open(transaction, nullptr, 0, &database); error != 0) return error;
  for (const Row& row : rows) {
    MDB_val key = value_of(row.key);
    MDB_val value = value_of(row.value);
    if (const int error = mdb_put(transaction, database, &key, &value, MDB_NOOVERWRITE); error != 0)
      return error;
  }
  return 0;
}

std::string text_of(const MDB_val& value) {
  std::string text{static_cast<const char*>(value.mv_data), value.mv_size};
  if (text.ends_with('\0')) text.pop_back();
  return text;
}

}  // namespace

Result<void> write_lmdb(const std::filesystem::path& path, const Rows& rows) {
  // Made first, so that it is new, ours and has its mode whatever the umask.
  const auto fd = create_file(path, kMode);
  if (!fd) return std::unexpected(fd.error());
  if (::close(*fd) != 0) return io_error(path, "written");
  auto environment = open_environment(path, 0, map_size(rows));
  if (!environment) return std::unexpected(environment.error());
  MDB_txn* transaction = nullptr;
  if (const int error = mdb_txn_begin(environment->get(), nullptr, 0, &transaction); error != 0)
    return lmdb_error(path, error);
  if (const int error = put_all(transaction, rows); error != 0) {
    mdb_txn_abort(transaction);
    return lmdb_error(path, error);
  }
  // The commit also flushes the data.
  if (const int error = mdb_txn_commit(transaction); error != 0) return lmdb_error(path, error);
  return {};
}

Result<Rows> read_lmdb(const std::filesystem::path& path) {
  auto environment = open_environment(path, MDB_RDONLY, 0);
  if (!environment) {
    Error error = environment.error();
    if (error.code != Errc::no_input) error.code = Errc::bad_input;
    return std::unexpected(std::move(error));
  }
  MDB_txn* raw = nullptr;
  if (const int error = mdb_txn_begin(environment->get(), nullptr, MDB_RDONLY, &raw); error != 0)
    return lmdb_error(path, error);
  const std::unique_ptr<MDB_txn, decltype(&mdb_txn_abort)> transaction{raw, mdb_txn_abort};
  MDB_dbi database = 0;
  MDB_cursor* raw_cursor = nullptr;
  if (const int error = mdb_dbi_open(raw, nullptr, 0, &database); error != 0)
    return lmdb_error(path, error);
  if (const int error = mdb_cursor_open(raw, database, &raw_cursor); error != 0)
    return lmdb_error(path, error);
  const std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)> cursor{raw_cursor,
                                                                        mdb_cursor_close};
  Rows rows;
  MDB_val key{};
  MDB_val value{};
  while (mdb_cursor_get(raw_cursor, &key, &value, MDB_NEXT) == 0)
    rows.push_back({text_of(key), text_of(value)});
  return rows;
}

}  // namespace tlspact

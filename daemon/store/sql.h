// SPDX-License-Identifier: MIT
/// What the files of the store share: its connection, and Poco's SQL brought to our types.
#pragma once

#include <Poco/Data/LOB.h>
#include <Poco/Data/Session.h>
#include <Poco/Exception.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace tlspact {

struct Store::Session {
  Poco::Data::Session sql;
  std::filesystem::path file;
};

/// Columns, bound as a whole: row by row Poco takes three times as long.
using Integers = std::vector<Poco::Int64>;
using Texts = std::vector<std::string>;

/// Times are epoch seconds.
inline Poco::Int64 to_sql(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_sql(Poco::Int64 seconds) {
  return Time{Seconds{seconds}};
}

/// Poco binds an empty one as NULL, hence IFNULL in the statements.
inline Poco::Data::BLOB to_blob(const std::string& bytes) {
  return {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()};
}
inline std::string from_blob(const Poco::Data::BLOB& blob) {
  return {reinterpret_cast<const char*>(blob.rawContent()), blob.size()};
}

inline std::unexpected<Error> read_only_store() {
  return fail(Errc::io, "the store was opened to be read only, and there is none");
}

/// What went wrong, once: Poco says "disk I/O error: disk I/O error" where SQLite has no more to
/// say.
inline std::string sql_fault(const std::string& message) {
  constexpr std::string_view kBetween = ": ";
  if (message.size() <= kBetween.size()) return message;
  const std::string half = message.substr(0, (message.size() - kBetween.size()) / 2);
  return message == half + std::string{kBetween} + half ? half : message;
}

inline std::unexpected<Error> store_error(const std::filesystem::path& file,
                                          const Poco::Exception& exception) {
  return fail(Errc::io, file.string() + ": the store failed: " + sql_fault(exception.message()) +
                            "; see that there is room on its disk, that files may grow (ulimit -f) "
                            "and that tlspact may write there");
}

/// Runs `work` and turns Poco's exceptions into an Error.
template <class Work>
auto guarded(const std::filesystem::path& file, Work work) -> decltype(work()) {
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

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/store/store.h"

#include <Poco/Data/Statement.h>

#include "daemon/store/sql.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::bind;
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
// NOLINTEND(misc-use-internal-linkage)

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
  if (session_ == nullptr) return read_only_store();
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
  if (session_ == nullptr) return read_only_store();
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

// SPDX-License-Identifier: MIT
/// The store's tables of domains that are looked up. Columns are bound as vectors: row by row Poco
/// takes three times as long.
#include <Poco/Data/Statement.h>
#include <Poco/Nullable.h>

#include <algorithm>

#include "daemon/store/sql.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::limit;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;
// NOLINTEND(misc-use-internal-linkage)

namespace {

using Times = std::vector<Poco::Nullable<Poco::Int64>>;
using Blobs = std::vector<Poco::Data::BLOB>;

constexpr std::size_t kPiece = 4096;  ///< rows that are copied at once

Poco::Nullable<Poco::Int64> nullable(const std::optional<Time>& time) {
  if (!time) return {};
  return to_sql(*time);
}
std::optional<Time> optional(const Poco::Nullable<Poco::Int64>& seconds) {
  if (seconds.isNull()) return std::nullopt;
  return from_sql(seconds.value());
}

StsFault fault_of(Poco::Int64 number) {
  const bool known = number >= 0 && number <= static_cast<Poco::Int64>(StsFault::ours);
  return known ? static_cast<StsFault>(number) : StsFault::fetch_error;
}

/// Calls `keep` with no more than kPiece rows at a time, all in one transaction.
template <class Row, class Keep>
void keep_in_pieces(Poco::Data::Session& sql, std::span<const Row> rows, Keep keep) {
  Transaction transaction{sql};
  while (!rows.empty()) {
    const std::size_t count = std::min(rows.size(), kPiece);
    keep(rows.first(count));
    rows = rows.subspan(count);
  }
  transaction.commit();
}

/// Executes `statement` until it is through; `take` sees what each piece put into the columns. Poco
/// would add the next piece behind it.
template <class Take, class... Columns>
void read_in_pieces(Poco::Data::Statement& statement, Take take, Columns&... columns) {
  while (!statement.done()) {
    statement.execute();
    take();
    ((columns = {}), ...);
  }
}

/// Columns of the table sts, in its order.
struct StsColumns {
  Texts domain, id, mode;
  Integers max_age;
  Blobs text;
  Times fetched, looked;
  Integers failed_looks;
  Texts pending_id;
  Integers failures;
  Times retry_at, fault_since;
  Integers fault;
  Texts last_error;
  Integers next_look;

  void add(const StoredSts& row) {
    const StsState& state = row.state;
    const CachedSts none;
    const CachedSts& cached = state.cached ? *state.cached : none;
    domain.push_back(row.domain);
    id.push_back(cached.id);
    mode.emplace_back(state.cached ? mode_name(cached.policy.mode) : "");
    max_age.push_back(cached.policy.max_age.count());
    text.push_back(to_blob(cached.policy.text));
    fetched.push_back(nullable(state.cached ? std::optional{cached.fetched} : std::nullopt));
    looked.push_back(nullable(state.looked));
    failed_looks.push_back(state.failed_looks);
    pending_id.push_back(state.pending_id);
    failures.push_back(state.failures);
    retry_at.push_back(nullable(state.retry_at));
    fault_since.push_back(nullable(state.fault_since));
    fault.push_back(static_cast<Poco::Int64>(state.fault));
    last_error.push_back(state.last_error);
    next_look.push_back(to_sql(state.next_look));
  }

  [[nodiscard]] StoredSts row(std::size_t i) const {
    StoredSts out{.domain = domain[i], .state = {}};
    StsState& state = out.state;
    // Mode and max_age stand in the text; their columns are for people.
    const auto when = optional(fetched[i]);
    if (auto policy = parse_sts_policy(from_blob(text[i])); when && policy)
      state.cached = CachedSts{*std::move(policy), id[i], *when};
    state.looked = optional(looked[i]);
    state.failed_looks = static_cast<unsigned>(failed_looks[i]);
    state.pending_id = pending_id[i];
    state.failures = static_cast<unsigned>(failures[i]);
    state.retry_at = optional(retry_at[i]);
    state.fault_since = optional(fault_since[i]);
    state.fault = fault_of(fault[i]);
    state.last_error = last_error[i];
    state.next_look = from_sql(next_look[i]);
    return out;
  }
};

}  // namespace

Result<void> Store::keep_sts(std::span<const StoredSts> rows) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    keep_in_pieces(session_->sql, rows, [&](std::span<const StoredSts> piece) {
      StsColumns c;
      for (const StoredSts& row : piece)
        c.add(row);
      session_->sql << "REPLACE INTO sts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          use(c.domain), use(c.id), use(c.mode), use(c.max_age), use(c.text), use(c.fetched),
          use(c.looked), use(c.failed_looks), use(c.pending_id), use(c.failures), use(c.retry_at),
          use(c.fault_since), use(c.fault), use(c.last_error), use(c.next_look), now;
    });
    return {};
  });
}

Result<void> Store::each_sts(const std::function<void(StoredSts)>& visit) {
  if (session_ == nullptr) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    StsColumns c;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT domain, id, mode, max_age, IFNULL(text, x''), fetched, looked, "
                 "failed_looks, pending_id, failures, retry_at, fault_since, fault, last_error, "
                 "next_look FROM sts",
        into(c.domain), into(c.id), into(c.mode), into(c.max_age), into(c.text), into(c.fetched),
        into(c.looked), into(c.failed_looks), into(c.pending_id), into(c.failures),
        into(c.retry_at), into(c.fault_since), into(c.fault), into(c.last_error), into(c.next_look),
        limit(kPiece);
    read_in_pieces(
        statement,
        [&] {
          for (std::size_t i = 0; i < c.domain.size(); ++i)
            visit(c.row(i));
        },
        c);
    return {};
  });
}

Result<EndingSts> Store::sts_ending(Time after, Time until, std::size_t limit) {
  if (session_ == nullptr) return EndingSts{};
  return guarded(session_->file, [&]() -> Result<EndingSts> {
    StsColumns c;
    Poco::Int64 from = to_sql(after);
    Poco::Int64 to = to_sql(until);
    auto most = static_cast<Poco::Int64>(limit);
    Poco::Int64 count = 0;
    session_->sql << "SELECT COUNT(*) FROM sts WHERE mode IN ('enforce', 'testing') AND fetched + "
                     "max_age > ? AND fetched + max_age <= ?",
        use(from), use(to), into(count), now;
    session_->sql << "SELECT domain, id, mode, max_age, IFNULL(text, x''), fetched, looked, "
                     "failed_looks, pending_id, failures, retry_at, fault_since, fault, "
                     "last_error, next_look FROM sts WHERE mode IN ('enforce', 'testing') AND "
                     "fetched + max_age > ? AND fetched + max_age <= ? "
                     "ORDER BY fault_since IS NULL, fetched + max_age, domain LIMIT ?",
        use(from), use(to), use(most), into(c.domain), into(c.id), into(c.mode), into(c.max_age),
        into(c.text), into(c.fetched), into(c.looked), into(c.failed_looks), into(c.pending_id),
        into(c.failures), into(c.retry_at), into(c.fault_since), into(c.fault), into(c.last_error),
        into(c.next_look), now;
    EndingSts out{.first = {}, .count = static_cast<std::size_t>(count)};
    for (std::size_t i = 0; i < c.domain.size(); ++i)
      out.first.push_back(c.row(i));
    return out;
  });
}

Result<std::map<StsFault, std::size_t>> Store::sts_faults() {
  std::map<StsFault, std::size_t> out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<std::map<StsFault, std::size_t>> {
    Integers fault;
    Integers count;
    session_->sql << "SELECT fault, COUNT(*) FROM sts WHERE fault <> 0 GROUP BY fault", into(fault),
        into(count), now;
    for (std::size_t i = 0; i < fault.size(); ++i)
      out[fault_of(fault[i])] += static_cast<std::size_t>(count[i]);
    return std::move(out);
  });
}

Result<std::optional<StoredSts>> Store::sts_of(const std::string& domain) {
  if (session_ == nullptr) return std::nullopt;
  return guarded(session_->file, [&]() -> Result<std::optional<StoredSts>> {
    StsColumns c;
    Texts wanted{domain};
    session_->sql << "SELECT domain, id, mode, max_age, IFNULL(text, x''), fetched, looked, "
                     "failed_looks, pending_id, failures, retry_at, fault_since, fault, "
                     "last_error, next_look FROM sts WHERE domain = ?",
        use(wanted), into(c.domain), into(c.id), into(c.mode), into(c.max_age), into(c.text),
        into(c.fetched), into(c.looked), into(c.failed_looks), into(c.pending_id), into(c.failures),
        into(c.retry_at), into(c.fault_since), into(c.fault), into(c.last_error), into(c.next_look),
        now;
    if (c.domain.empty()) return std::nullopt;
    return c.row(0);
  });
}

Result<void> Store::keep_dane(std::span<const StoredDane> rows) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    keep_in_pieces(session_->sql, rows, [&](std::span<const StoredDane> piece) {
      Texts domain;
      Blobs memory;
      Integers next_look;
      for (const StoredDane& row : piece) {
        domain.push_back(row.domain);
        memory.push_back(to_blob(row.memory));
        next_look.push_back(to_sql(row.next_look));
      }
      session_->sql << "REPLACE INTO dane VALUES (?, IFNULL(?, x''), ?)", use(domain), use(memory),
          use(next_look), now;
    });
    return {};
  });
}

Result<void> Store::each_dane(const std::function<void(StoredDane)>& visit) {
  if (session_ == nullptr) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts domain;
    Blobs memory;
    Integers next_look;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT domain, memory, next_look FROM dane", into(domain), into(memory),
        into(next_look), limit(kPiece);
    read_in_pieces(
        statement,
        [&] {
          for (std::size_t i = 0; i < domain.size(); ++i)
            visit({domain[i], from_blob(memory[i]), from_sql(next_look[i])});
        },
        domain, memory, next_look);
    return {};
  });
}

Result<std::optional<StoredDane>> Store::dane_of(const std::string& key) {
  if (session_ == nullptr) return std::nullopt;
  return guarded(session_->file, [&]() -> Result<std::optional<StoredDane>> {
    Texts wanted{key};
    Texts domain;
    Blobs memory;
    Integers next_look;
    session_->sql << "SELECT domain, memory, next_look FROM dane WHERE domain = ?", use(wanted),
        into(domain), into(memory), into(next_look), now;
    if (domain.empty()) return std::nullopt;
    return StoredDane{domain[0], from_blob(memory[0]), from_sql(next_look[0])};
  });
}

Result<void> Store::keep_correspondents(std::span<const StoredCorrespondent> rows) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    keep_in_pieces(session_->sql, rows, [&](std::span<const StoredCorrespondent> piece) {
      Texts domain;
      Integers first_seen;
      Integers last_seen;
      Texts origin;
      for (const StoredCorrespondent& row : piece) {
        domain.push_back(row.domain);
        first_seen.push_back(to_sql(row.first_seen));
        last_seen.push_back(to_sql(row.last_seen));
        origin.push_back(row.origin);
      }
      session_->sql << "INSERT INTO correspondent VALUES (?, ?, ?, ?) ON CONFLICT (domain) DO "
                       "UPDATE SET last_seen = excluded.last_seen, origin = excluded.origin",
          use(domain), use(first_seen), use(last_seen), use(origin), now;
    });
    return {};
  });
}

Result<void> Store::keep_log_positions(std::span<const StoredLogPosition> rows) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    Transaction transaction{session_->sql};
    for (const StoredLogPosition& row : rows) {
      std::string path = row.path;
      auto device = static_cast<Poco::Int64>(row.position.device);
      auto inode = static_cast<Poco::Int64>(row.position.inode);
      auto offset = static_cast<Poco::Int64>(row.position.offset);
      std::string cursor = row.position.cursor;
      session_->sql << "REPLACE INTO log_position VALUES (?, ?, ?, ?, ?)", use(path), use(device),
          use(inode), use(offset), use(cursor), now;
    }
    transaction.commit();
    return {};
  });
}

Result<std::vector<StoredLogPosition>> Store::log_positions() {
  if (session_ == nullptr) return std::vector<StoredLogPosition>{};
  return guarded(session_->file, [&]() -> Result<std::vector<StoredLogPosition>> {
    Texts path;
    Texts cursor;
    Integers device;
    Integers inode;
    Integers offset;
    session_->sql << "SELECT path, device, inode, position, cursor FROM log_position ORDER BY path",
        into(path), into(device), into(inode), into(offset), into(cursor), now;
    std::vector<StoredLogPosition> out;
    for (std::size_t i = 0; i < path.size(); ++i)
      out.push_back({path[i],
                     {.device = static_cast<std::uint64_t>(device[i]),
                      .inode = static_cast<std::uint64_t>(inode[i]),
                      .offset = static_cast<std::uint64_t>(offset[i]),
                      .cursor = cursor[i]}});
    return out;
  });
}

Result<std::size_t> Store::correspondent_count() {
  if (session_ == nullptr) return std::size_t{0};
  return guarded(session_->file, [&]() -> Result<std::size_t> {
    std::uint64_t count = 0;
    session_->sql << "SELECT count(*) FROM correspondent", into(count), now;
    return count;
  });
}

Result<std::vector<StoredCorrespondent>> Store::correspondents() {
  if (session_ == nullptr) return std::vector<StoredCorrespondent>{};
  return guarded(session_->file, [&]() -> Result<std::vector<StoredCorrespondent>> {
    std::vector<StoredCorrespondent> out;
    Texts domain;
    Integers first_seen;
    Integers last_seen;
    Texts origin;
    Poco::Data::Statement statement{session_->sql};
    statement << "SELECT domain, first_seen, last_seen, origin FROM correspondent ORDER BY domain",
        into(domain), into(first_seen), into(last_seen), into(origin), limit(kPiece);
    read_in_pieces(
        statement,
        [&] {
          for (std::size_t i = 0; i < domain.size(); ++i)
            out.push_back({domain[i], from_sql(first_seen[i]), from_sql(last_seen[i]), origin[i]});
        },
        domain, first_seen, last_seen, origin);
    return out;
  });
}

Result<void> Store::forget_domains(std::span<const std::string> domains) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    keep_in_pieces(session_->sql, domains, [&](std::span<const std::string> piece) {
      Texts names{piece.begin(), piece.end()};
      for (const char* statement :
           {"DELETE FROM sts WHERE domain = ?", "DELETE FROM dane WHERE domain = ?",
            "DELETE FROM correspondent WHERE domain = ?",
            "DELETE FROM learned_domain WHERE domain = ?"})
        session_->sql << statement, use(names), now;
    });
    return {};
  });
}

}  // namespace tlspact

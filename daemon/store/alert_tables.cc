// SPDX-License-Identifier: MIT
/// The store's tables of alerts.
#include <Poco/Data/Statement.h>
#include <Poco/Nullable.h>

#include "daemon/store/sql.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;
// NOLINTEND(misc-use-internal-linkage)

namespace {

/// 0: not yet.
Poco::Int64 moment_to_sql(const std::optional<Time>& moment) {
  return moment ? to_sql(*moment) : 0;
}
std::optional<Time> moment_from_sql(Poco::Int64 moment) {
  return moment == 0 ? std::nullopt : std::optional{from_sql(moment)};
}

/// Columns that both tables have.
struct RecordColumns {
  Texts cause, subject, text;
  Integers since, seen, ended;

  void add(const AlertRecord& row) {
    cause.push_back(row.cause);
    subject.push_back(row.subject);
    text.push_back(row.text);
    since.push_back(to_sql(row.since));
    seen.push_back(to_sql(row.seen));
    ended.push_back(moment_to_sql(row.ended));
  }
  [[nodiscard]] AlertRecord row(std::size_t i) const {
    return {.cause = cause[i],
            .subject = subject[i],
            .text = text[i],
            .since = from_sql(since[i]),
            .seen = from_sql(seen[i]),
            .missed = {},
            .ended = moment_from_sql(ended[i])};
  }
};

void keep_records(Poco::Data::Session& sql, const std::vector<AlertRecord>& rows) {
  sql << "DELETE FROM alert", now;
  if (rows.empty()) return;
  RecordColumns c;
  Integers missed;
  missed.reserve(rows.size());
  for (const AlertRecord& row : rows) {
    c.add(row);
    missed.push_back(moment_to_sql(row.missed));
  }
  sql << "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?)", use(c.cause), use(c.subject),
      use(c.text), use(c.since), use(c.seen), use(c.ended), use(missed), now;
}

void keep_pending(Poco::Data::Session& sql, const std::vector<PendingAlert>& rows) {
  sql << "DELETE FROM alert_delivery", now;
  if (rows.empty()) return;
  RecordColumns c;
  Texts notifier;
  Texts kind;
  Integers attempts;
  Integers due;
  for (const PendingAlert& row : rows) {
    c.add(row.event.record);
    notifier.push_back(row.notifier);
    kind.emplace_back(row.event.kind == AlertEvent::Kind::began ? "began" : "ended");
    attempts.push_back(row.attempts);
    due.push_back(to_sql(row.due));
  }
  sql << "INSERT INTO alert_delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", use(notifier),
      use(kind), use(attempts), use(due), use(c.cause), use(c.subject), use(c.text), use(c.since),
      use(c.seen), use(c.ended), now;
}

std::vector<AlertRecord> read_records(Poco::Data::Session& sql) {
  RecordColumns c;
  Integers missed;
  sql << "SELECT cause, subject, text, since, seen, ended, missed FROM alert ORDER BY cause",
      into(c.cause), into(c.subject), into(c.text), into(c.since), into(c.seen), into(c.ended),
      into(missed), now;
  std::vector<AlertRecord> out;
  out.reserve(c.cause.size());
  for (std::size_t i = 0; i < c.cause.size(); ++i) {
    out.push_back(c.row(i));
    out.back().missed = moment_from_sql(missed[i]);
  }
  return out;
}

std::vector<PendingAlert> read_pending(Poco::Data::Session& sql) {
  RecordColumns c;
  Texts notifier;
  Texts kind;
  Integers attempts;
  Integers due;
  sql << "SELECT notifier, kind, attempts, due, cause, subject, text, since, seen, ended FROM "
         "alert_delivery ORDER BY rowid",
      into(notifier), into(kind), into(attempts), into(due), into(c.cause), into(c.subject),
      into(c.text), into(c.since), into(c.seen), into(c.ended), now;
  std::vector<PendingAlert> out;
  for (std::size_t i = 0; i < notifier.size(); ++i)
    out.push_back({.notifier = notifier[i],
                   .event = {kind[i] == "ended" ? AlertEvent::Kind::ended : AlertEvent::Kind::began,
                             c.row(i)},
                   .attempts = static_cast<unsigned>(attempts[i]),
                   .due = from_sql(due[i])});
  return out;
}

}  // namespace

Result<void> Store::keep_alerts(const StoredAlerts& alerts) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    Transaction transaction{session_->sql};
    keep_records(session_->sql, alerts.records);
    keep_pending(session_->sql, alerts.pending);
    transaction.commit();
    return {};
  });
}

Result<StoredAlerts> Store::alerts() {
  if (session_ == nullptr) return StoredAlerts{};
  return guarded(session_->file, [&]() -> Result<StoredAlerts> {
    return StoredAlerts{read_records(session_->sql), read_pending(session_->sql)};
  });
}

}  // namespace tlspact

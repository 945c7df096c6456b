// SPDX-License-Identifier: MIT
/// The store's tables of evidence and of what follows from it.
#include <Poco/Data/Statement.h>

#include "daemon/store/evidence_json.h"
#include "daemon/store/sql.h"

namespace tlspact {

// NOLINTBEGIN(misc-use-internal-linkage): Poco::Data's keywords
using Poco::Data::Keywords::into;
using Poco::Data::Keywords::now;
using Poco::Data::Keywords::use;
// NOLINTEND(misc-use-internal-linkage)

namespace {

/// Nobody looks at more of one host.
constexpr int kMaxTold = 1000;

}  // namespace

Result<void> Store::keep_endpoints(std::span<const EndpointMemory> rows) {
  if (session_ == nullptr) return read_only_store();
  if (rows.empty()) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts host;
    Texts address;
    Texts memory;
    Integers next_probe;
    for (const EndpointMemory& row : rows) {
      host.push_back(row.host);
      address.push_back(row.address);
      memory.push_back(endpoint_json(row));
      next_probe.push_back(to_sql(row.probe_again));
    }
    Transaction transaction{session_->sql};
    session_->sql << "REPLACE INTO endpoint VALUES (?, ?, ?, ?)", use(host), use(address),
        use(memory), use(next_probe), now;
    transaction.commit();
    return {};
  });
}

Result<Endpoints> Store::endpoints() {
  Endpoints out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<Endpoints> {
    Texts memory;
    session_->sql << "SELECT memory FROM endpoint", into(memory), now;
    for (const std::string& text : memory) {
      // One that cannot be read is looked at anew.
      if (auto row = parse_endpoint_json(text)) out.put(*std::move(row));
    }
    return std::move(out);
  });
}

Result<void> Store::forget_endpoints(std::span<const std::string> hosts) {
  if (session_ == nullptr) return read_only_store();
  if (hosts.empty()) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts names{hosts.begin(), hosts.end()};
    Transaction transaction{session_->sql};
    for (const char* statement :
         {"DELETE FROM endpoint WHERE host = ?", "DELETE FROM evidence WHERE host = ?"})
      session_->sql << statement, use(names), now;
    transaction.commit();
    return {};
  });
}

Result<void> Store::add_evidence(std::span<const Evidence> rows) {
  if (session_ == nullptr) return read_only_store();
  if (rows.empty()) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts host;
    Texts address;
    Texts kind;
    Texts facts;
    Integers at;
    Time newest;
    for (const Evidence& row : rows) {
      host.push_back(row.host);
      address.push_back(row.address);
      at.push_back(to_sql(row.at));
      kind.emplace_back(evidence_kind_name(row.kind));
      facts.push_back(evidence_json(row));
      newest = std::max(newest, row.at);
    }
    Poco::Int64 oldest = to_sql(newest - kEvidenceHistory);
    Transaction transaction{session_->sql};
    session_->sql << "INSERT INTO evidence VALUES (?, ?, ?, ?, ?)", use(host), use(address),
        use(at), use(kind), use(facts), now;
    session_->sql << "DELETE FROM evidence WHERE at < ?", use(oldest), now;
    // What is not looked at any more, because DNS no longer names it.
    session_->sql << "DELETE FROM endpoint WHERE next_probe < ?", use(oldest), now;
    transaction.commit();
    return {};
  });
}

Result<std::vector<Evidence>> Store::evidence_of(const std::string& host) {
  std::vector<Evidence> out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<std::vector<Evidence>> {
    Texts facts;
    std::string wanted = host;
    int limit = kMaxTold;
    session_->sql
        << "SELECT facts FROM evidence WHERE host = ? ORDER BY at DESC, rowid DESC LIMIT ?",
        use(wanted), use(limit), into(facts), now;
    for (const std::string& text : facts) {
      if (auto row = parse_evidence_json(text)) out.push_back(*std::move(row));
    }
    return std::move(out);
  });
}

Result<std::vector<EvidenceDay>> Store::evidence_by_day(Time since) {
  std::vector<EvidenceDay> out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<std::vector<EvidenceDay>> {
    Integers day;
    Texts kind;
    Integers count;
    Poco::Int64 from = to_sql(since);
    session_->sql << "SELECT at / 86400 AS day, kind, COUNT(*) FROM evidence WHERE at >= ? "
                     "GROUP BY day, kind ORDER BY day",
        use(from), into(day), into(kind), into(count), now;
    for (std::size_t i = 0; i < day.size(); ++i) {
      const std::chrono::sys_days date{std::chrono::days{day[i]}};
      if (out.empty() || out.back().day != date) out.push_back({.day = date});
      const auto of = parse_evidence_kind(kind[i]);
      if (!of) continue;
      (*of == EvidenceKind::positive   ? out.back().positive
       : *of == EvidenceKind::negative ? out.back().negative
                                       : out.back().inconclusive) +=
          static_cast<std::size_t>(count[i]);
    }
    return std::move(out);
  });
}

Result<void> Store::keep_learned_domains(std::span<const LearnedDomain> rows) {
  if (session_ == nullptr) return read_only_store();
  if (rows.empty()) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts domain;
    Texts memory;
    Integers look_again;
    for (const LearnedDomain& row : rows) {
      domain.push_back(row.domain);
      memory.push_back(learned_domain_json(row));
      look_again.push_back(to_sql(row.look_again));
    }
    Transaction transaction{session_->sql};
    session_->sql << "REPLACE INTO learned_domain VALUES (?, ?, ?)", use(domain), use(memory),
        use(look_again), now;
    transaction.commit();
    return {};
  });
}

Result<std::vector<LearnedDomain>> Store::learned_domains() {
  std::vector<LearnedDomain> out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<std::vector<LearnedDomain>> {
    Texts memory;
    session_->sql << "SELECT memory FROM learned_domain ORDER BY domain", into(memory), now;
    for (const std::string& text : memory) {
      if (auto row = parse_learned_domain_json(text)) out.push_back(*std::move(row));
    }
    return std::move(out);
  });
}

Result<void> Store::forget_learned_domains(std::span<const std::string> domains) {
  if (session_ == nullptr) return read_only_store();
  if (domains.empty()) return {};
  return guarded(session_->file, [&]() -> Result<void> {
    Texts names{domains.begin(), domains.end()};
    Transaction transaction{session_->sql};
    for (const char* statement : {"DELETE FROM learned_domain WHERE domain = ?",
                                  "DELETE FROM held_policy WHERE domain = ?"})
      session_->sql << statement, use(names), now;
    transaction.commit();
    return {};
  });
}

Result<void> Store::keep_only_held_policies(std::span<const HeldPolicy> rows) {
  if (session_ == nullptr) return read_only_store();
  return guarded(session_->file, [&]() -> Result<void> {
    Texts domain;
    Texts source;
    Integers since;
    Integers accepted;
    for (const HeldPolicy& row : rows) {
      domain.push_back(row.domain);
      source.emplace_back(source_name(row.source));
      since.push_back(to_sql(row.since));
      accepted.push_back(row.accepted ? 1 : 0);
    }
    Transaction transaction{session_->sql};
    session_->sql << "DELETE FROM held_policy", now;
    if (!rows.empty())
      session_->sql << "INSERT INTO held_policy VALUES (?, ?, ?, ?)", use(domain), use(source),
          use(since), use(accepted), now;
    transaction.commit();
    return {};
  });
}

Result<std::vector<HeldPolicy>> Store::held_policies() {
  std::vector<HeldPolicy> out;
  if (session_ == nullptr) return out;
  return guarded(session_->file, [&]() -> Result<std::vector<HeldPolicy>> {
    Texts domain;
    Texts source;
    Integers since;
    Integers accepted;
    session_->sql
        << "SELECT domain, source, since, accepted FROM held_policy ORDER BY domain, source",
        into(domain), into(source), into(since), into(accepted), now;
    for (std::size_t i = 0; i < domain.size(); ++i) {
      const bool learned = source[i] == source_name(Source::learned);
      out.push_back({.domain = domain[i],
                     .source = learned ? Source::learned : Source::list,
                     .since = from_sql(since[i]),
                     .accepted = accepted[i] != 0});
    }
    return std::move(out);
  });
}

}  // namespace tlspact

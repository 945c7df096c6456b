// SPDX-License-Identifier: MIT
/// Store: the last good input of every source, so that it survives restarts and remote faults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/store/stored_alerts.h"
#include "daemon/store/stored_evidence.h"
#include "daemon/store/stored_lookups.h"
#include "policy/learning.h"
#include "policy/notice.h"
#include "policy/result.h"
#include "policy/time.h"

namespace tlspact {

/// A list as it was accepted. The bytes themselves are copied out by Store::copy_list.
struct StoredList {
  std::string name;
  std::string url;
  std::string primary_key;  ///< fingerprint that its signature was verified with; empty: unsigned
  std::string signature;    ///< the bytes of the signature file
  std::string sha256;       ///< of the list, lower-case hex
  Time timestamp;           ///< the list's own
  Time expires;             ///< the list's own
  std::uint64_t enforced = 0;  ///< domains with mode enforce
  Time fetched;                ///< when it, or the news that it has not changed, came
  std::string etag;
  std::string last_modified;
};

/// A new version of a list that the shrink guard holds back.
struct HeldList {
  std::string name;
  std::string good_sha256;  ///< of the last good list that it was compared with
  std::string sha256;
  Time timestamp;
  std::uint64_t lost_domains = 0;
  std::uint64_t lost_enforced = 0;
  Time since;             ///< when one was held back first
  bool accepted = false;  ///< an operator's word: as much may be lost
};

/// An agreement file as it was accepted.
struct StoredFile {
  std::string name;
  std::string bytes;
  friend bool operator==(const StoredFile&, const StoredFile&) = default;
};

/// A store that fails is an alert, and the run goes on with what it has.
inline void note_fault(const Result<void>& done, Notices& notices) {
  if (!done) notices.push_back({Severity::alert, "store", done.error().text, 0});
}

/// One SQLite file in WAL mode, mode 0640, and beside it the directory FILE.lists with the bytes of
/// each list in a file named by its SHA-256: a list of a gigabyte would be written twice by a
/// database. For one thread. SQL is only ever bound, never built from text. Poco's exceptions end
/// here.
class Store {
 public:
  enum class Access {
    read_write,
    read_only,  ///< a file that does not exist reads as empty
    /// The same for a thread of a process that may write meanwhile: the directory is ours, and the
    /// file, which the writer has looked at, is not looked through.
    read_beside,
    /// read_write, for a process that has looked the file through before: damage is an Error.
    write_beside,
  };

  /// Opens, or makes, the store. A file that is damaged is set aside as FILE.damaged-TIME and a new
  /// one begun, with an alert in `notices`; other failures are an Error (io).
  [[nodiscard]] static Result<Store> open(const std::filesystem::path& file, Access access,
                                          Time now, Notices& notices);

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) noexcept;
  Store& operator=(Store&&) = delete;
  ~Store();

  /// nullopt: there never was a good one of that name.
  [[nodiscard]] Result<std::optional<StoredList>> list(const std::string& name);

  /// Where the bytes of a list lie, to be read only. Whether they are those that were put there,
  /// `sha256` tells.
  [[nodiscard]] std::filesystem::path list_file(const StoredList& list) const;

  /// Replaces the last good list of that name, all or nothing. `file` holds its bytes, and is taken
  /// over: afterwards it is gone.
  [[nodiscard]] Result<void> keep_list(const StoredList& list, const std::filesystem::path& file);

  /// The list has not changed: `fetched`, `etag` and `last_modified` are brought up to date.
  [[nodiscard]] Result<void> touch_list(const StoredList& list);

  /// Of every list that is kept.
  [[nodiscard]] Result<std::vector<std::string>> list_names();

  /// Forgets lists that are no longer configured.
  [[nodiscard]] Result<void> keep_only_lists(const std::vector<std::string>& names);

  /// nullopt: no version of that list is held back.
  [[nodiscard]] Result<std::optional<HeldList>> held_list(const std::string& name);
  [[nodiscard]] Result<void> keep_held_list(const HeldList& held);
  [[nodiscard]] Result<void> forget_held_list(const std::string& name);

  /// When an operator vouched for the clock last; nullopt: never.
  [[nodiscard]] Result<std::optional<Time>> clock_accepted();
  [[nodiscard]] Result<void> accept_clock(Time at);

  [[nodiscard]] Result<std::vector<StoredFile>> agreements();

  /// Replaces all of them, all or nothing.
  [[nodiscard]] Result<void> keep_agreements(const std::vector<StoredFile>& files);

  /// What look-ups remember of domains. Each call is one transaction, all or nothing; rows of other
  /// domains stay. Visitors must not call the store.
  [[nodiscard]] Result<void> keep_sts(std::span<const StoredSts> rows);
  [[nodiscard]] Result<void> each_sts(const std::function<void(StoredSts)>& visit);
  [[nodiscard]] Result<void> keep_dane(std::span<const StoredDane> rows);
  [[nodiscard]] Result<void> each_dane(const std::function<void(StoredDane)>& visit);
  /// Of one next-hop, or of its policy domain.
  [[nodiscard]] Result<std::optional<StoredDane>> dane_of(const std::string& key);
  [[nodiscard]] Result<std::optional<StoredSts>> sts_of(const std::string& domain);
  /// Policies that enforce or test, and whose end lies behind `after` and not behind `until`: the
  /// first `limit` of them, those that cannot be renewed first, then by their end; and how many
  /// there are.
  [[nodiscard]] Result<EndingSts> sts_ending(Time after, Time until, std::size_t limit);
  /// Of how many domains the policy could not be fetched when it should have been, by the last
  /// cause.
  [[nodiscard]] Result<std::map<StsFault, std::size_t>> sts_faults();
  /// `first_seen` of one that is known already stays.
  [[nodiscard]] Result<void> keep_correspondents(std::span<const StoredCorrespondent> rows);
  [[nodiscard]] Result<std::vector<StoredCorrespondent>> correspondents();
  [[nodiscard]] Result<std::size_t> correspondent_count();

  [[nodiscard]] Result<void> keep_log_positions(std::span<const StoredLogPosition> rows);
  [[nodiscard]] Result<std::vector<StoredLogPosition>> log_positions();

  /// What is remembered of MX endpoints. Each call is one transaction, all or nothing.
  [[nodiscard]] Result<void> keep_endpoints(std::span<const EndpointMemory> rows);
  [[nodiscard]] Result<Endpoints> endpoints();
  /// Of these hosts, with the history of their evidence.
  [[nodiscard]] Result<void> forget_endpoints(std::span<const std::string> hosts);
  /// Adds to the history, and takes out what is older than kEvidenceHistory.
  [[nodiscard]] Result<void> add_evidence(std::span<const Evidence> rows);
  /// The history of a host, newest first, 1,000 at most.
  [[nodiscard]] Result<std::vector<Evidence>> evidence_of(const std::string& host);

  /// How many looks came to what, by the day (UTC) of those since `since`; ascending, days without
  /// any left out.
  [[nodiscard]] Result<std::vector<EvidenceDay>> evidence_by_day(Time since);

  [[nodiscard]] Result<void> keep_learned_domains(std::span<const LearnedDomain> rows);
  [[nodiscard]] Result<std::vector<LearnedDomain>> learned_domains();
  /// With the policies of theirs that are held.
  [[nodiscard]] Result<void> forget_learned_domains(std::span<const std::string> domains);

  /// Replaces all of them.
  [[nodiscard]] Result<void> keep_only_held_policies(std::span<const HeldPolicy> rows);
  [[nodiscard]] Result<std::vector<HeldPolicy>> held_policies();

  /// Replaces all of them, all or nothing.
  [[nodiscard]] Result<void> keep_alerts(const StoredAlerts& alerts);
  [[nodiscard]] Result<StoredAlerts> alerts();

  /// Forgets all of these domains: as correspondents, their MTA-STS and DANE, and what was learned
  /// of them.
  [[nodiscard]] Result<void> forget_domains(std::span<const std::string> domains);
  [[nodiscard]] Result<void> forget_domain(const std::string& domain) {
    return forget_domains(std::span{&domain, 1});
  }

 private:
  struct Session;
  explicit Store(std::unique_ptr<Session> session);
  void remove_unused_lists();
  std::unique_ptr<Session> session_;  ///< nullptr: empty and read only
};

}  // namespace tlspact

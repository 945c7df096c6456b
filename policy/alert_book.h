// SPDX-License-Identifier: MIT
/// AlertBook: which causes for an alert stand, so that each is told once, with its end. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/notice.h"
#include "policy/time.h"

namespace tlspact {

/// One cause. Notices with the same cause differ in numbers and times at most.
struct AlertRecord {
  std::string cause;    ///< the key: see alert_cause()
  std::string subject;  ///< of the notice
  std::string text;     ///< as it was said last
  Time since;
  Time seen;  ///< when it was last noticed
  /// When a complete run did not notice it any more; nullopt: the last one did.
  std::optional<Time> missed;
  std::optional<Time> ended;  ///< when it was told that it is over

  friend bool operator==(const AlertRecord&, const AlertRecord&) = default;
};

/// Something to be told to people.
struct AlertEvent {
  enum class Kind { began, ended };
  Kind kind = Kind::began;
  AlertRecord record;

  friend bool operator==(const AlertEvent&, const AlertEvent&) = default;
};

/// The subject, and the text without what changes from run to run while the cause is the same:
/// numbers.
[[nodiscard]] std::string alert_cause(const Notice& notice);

class AlertBook {
 public:
  /// A cause that complete runs do not notice for so long, from the first of them on, is over. One
  /// that comes and goes within that time has never gone: it is told once.
  static constexpr Seconds kQuiet = std::chrono::hours{1};
  /// What ended longer ago is forgotten.
  static constexpr Seconds kKept = std::chrono::days{30};

  AlertBook() = default;
  explicit AlertBook(std::vector<AlertRecord> records);

  /// Brings in all that a run noticed; only alerts count. Returns what is to be told. Not
  /// `complete`, after a run that failed: nothing is over because it was not noticed.
  [[nodiscard]] std::vector<AlertEvent> update(const Notices& notices, Time now,
                                               bool complete = true);

  /// What has come to its end without a run. Returns what is to be told.
  [[nodiscard]] std::vector<AlertEvent> end_quiet(Time now);
  /// When end_quiet() has something to do, if no run notices anything until then; nullopt: never.
  [[nodiscard]] std::optional<Time> next_end() const;

  /// Those that stand, oldest first, and those that have ended.
  [[nodiscard]] std::vector<AlertRecord> standing() const;
  [[nodiscard]] const std::map<std::string, AlertRecord>& all() const { return by_cause_; }

 private:
  std::map<std::string, AlertRecord> by_cause_;
};

}  // namespace tlspact

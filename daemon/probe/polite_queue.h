// SPDX-License-Identifier: MIT
/// PoliteQueue: in which order, and when, endpoints may be probed without being a nuisance to
/// anybody.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tlspact {

struct ProbeJob {
  std::string host;
  std::string address;
  std::string operator_name;  ///< who runs the host: PublicSuffixes::operator_of()
  std::size_t index = 0;      ///< the caller's own
};

struct Politeness {
  std::size_t per_operator = 2;  ///< connections to one operator at once
  std::chrono::milliseconds per_address_interval = std::chrono::seconds{30};
};

/// Pure: time is an argument. For one thread.
class PoliteQueue {
 public:
  using Clock = std::chrono::steady_clock;

  /// In the order of `jobs`, as far as the limits allow.
  PoliteQueue(std::vector<ProbeJob> jobs, Politeness limits);

  struct Turn {
    std::optional<ProbeJob> job;               ///< to be begun now; done() must follow
    std::optional<Clock::time_point> earlier;  ///< nothing before this, or before the next done()
    bool finished = false;                     ///< nothing is left to begin
  };
  [[nodiscard]] Turn next(Clock::time_point now);

  void done(const ProbeJob& job, Clock::time_point now);

  /// The operator asks for less (421): what is left for it is not begun any more.
  void back_off(const std::string& operator_name);

  [[nodiscard]] std::size_t left() const { return waiting_.size(); }
  /// Jobs that back_off() took out.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  Politeness limits_;
  std::vector<ProbeJob> waiting_;
  std::map<std::string, std::size_t> at_operator_;
  std::set<std::string> at_address_;
  std::map<std::string, Clock::time_point> free_at_;  ///< addresses
  std::size_t dropped_ = 0;
};

}  // namespace tlspact

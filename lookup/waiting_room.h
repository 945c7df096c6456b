// SPDX-License-Identifier: MIT
/// WaitingRoom: which connections wait for which next-hop to be resolved.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lookup/sip_hash.h"

namespace tlspact {

/// A connection, and which one of those that had its place it is.
struct ConnectionId {
  std::uint32_t place = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

/// Each key is asked for once, whoever waits. Memory is bounded: 8,192 keys, and 1,024 connections
/// for each. A question that was never answered is forgotten after a minute.
class WaitingRoom {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// `wait`: how long anybody waits, from when the key was first asked for.
  explicit WaitingRoom(std::chrono::milliseconds wait)
      : wait_(wait), questions_(0, KeyHash{HashSecret::random()}) {}

  /// The same from now on, also for those who wait already.
  void wait_for(std::chrono::milliseconds wait) { wait_ = wait; }

  enum class Entry : std::uint8_t {
    first,   ///< waits now, and the key is to be asked for
    joined,  ///< waits now
    closed,  ///< does not wait: it has taken too long already, or there is no room
  };
  [[nodiscard]] Entry enter(std::string_view key, ConnectionId who, SteadyTime now);

  /// The key has been resolved, or nobody takes the question: who has waited for it.
  [[nodiscard]] std::vector<ConnectionId> leave(std::string_view key);
  /// Who has waited long enough.
  [[nodiscard]] std::vector<ConnectionId> overdue(SteadyTime now);
  /// Everybody; every question is forgotten.
  [[nodiscard]] std::vector<ConnectionId> empty();

  /// When overdue() is to be asked again.
  [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

 private:
  struct KeyHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
    HashSecret secret;
    std::size_t operator()(std::string_view key) const { return sip_hash(secret, key); }
  };
  /// Keys in the order in which they were asked for.
  using Queue = std::list<std::string>;
  struct Question {
    SteadyTime asked;
    bool is_late = false;
    std::vector<ConnectionId> waiting;
    Queue::iterator place;  ///< in in_time_, or in late_
  };
  using Questions = std::unordered_map<std::string, Question, KeyHash, std::equal_to<>>;
  void forget(Questions::iterator question);

  std::chrono::milliseconds wait_;
  Questions questions_;
  Queue in_time_;
  Queue late_;
};

}  // namespace tlspact

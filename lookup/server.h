// SPDX-License-Identifier: MIT
/// Server: the loop of tlspact-lookupd.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/answerer.h"
#include "lookup/connection.h"
#include "lookup/framing.h"
#include "lookup/listener.h"
#include "lookup/poller.h"
#include "lookup/resolve_client.h"
#include "lookup/snapshot_follower.h"
#include "lookup/waiting_room.h"

namespace tlspact {

struct ServerOptions {
  std::filesystem::path snapshot;
  std::string resolve;  ///< the daemon's socket; empty: nothing is resolved
  /// How long an answer waits for the daemon; nullopt: as the daemon says, 3 s until it has.
  std::optional<std::chrono::milliseconds> wait;
};

/// One thread, and nothing in it waits: not for a client, not for the daemon.
///
/// At most 1,024 connections; one more takes the place of the one that has been idle the longest.
/// 10 s for the first request and for the rest of a request that has begun (however it drips), 120
/// s between requests (Postfix closes after 10 s, and after 100 s in any case), 10 s to take
/// replies. A socketmap connection stays, a readsocket connection ends with its reply, as Exim
/// waits for.
class Server {
 public:
  Server(ServerOptions options, std::vector<Listener> listeners);

  /// Until SIGTERM or SIGINT, which must be blocked. Then nobody is accepted any more, what has
  /// come in is answered, and it returns. Throws std::system_error where the kernel refuses what
  /// nothing works without.
  void run();

 private:
  using State = Connection::State;

  void watch_signals();
  void on_event(const epoll_event& event);
  void on_signal();

  // Accepting.
  void accept_from(const Listener& listener);
  bool make_room();
  void watch_listeners(bool on);

  // A connection.
  enum class Next : std::uint8_t { go_on, stop, wait };
  enum class Sent : std::uint8_t { all, blocked, closed };
  void on_connection(std::uint32_t number, std::uint32_t events);
  /// `is_last`: the peer has sent its last byte.
  void receive(Connection& connection, bool is_last);
  void look_ahead(Protocol protocol, std::string_view input);
  void finish_looking_ahead();
  void serve_arrived();
  void serve(Connection& connection, std::string_view input);
  Next serve_one(Connection& connection, std::string_view& input);
  Next answer_line(Connection& connection, std::string_view line);
  Next answer_map(Connection& connection, std::string_view text);
  Next answer_key(Connection& connection, LiveTable table, std::string_view asked);
  [[nodiscard]] LiveAnswer answer(LiveTable table, const QueryKey& key);
  Sent send_replies(Connection& connection);
  void flush(Connection& connection);
  void set_state(Connection& connection, State state);
  void watch(Connection& connection, std::uint32_t events);
  void end(Connection& connection);
  void close(Connection& connection);

  // What is not known yet.
  bool wait_for(Connection& connection, LiveTable table, const QueryKey& key);
  void on_resolved();
  void remember(const Resolved& resolved);
  void release(const std::vector<ConnectionId>& waiting);

  // Time.
  void read_clocks();
  void on_time();
  void close_overdue();
  [[nodiscard]] std::chrono::milliseconds time_left() const;
  void drain();

  // A connection's number is its place, and in the upper bits which one of those that had it it is.
  static constexpr std::uint32_t kPlaceBits = 10;
  static constexpr std::uint32_t kPlaceMask = (1U << kPlaceBits) - 1;
  /// What an event belongs to: its kind in the upper half, which one in the lower.
  enum class Kind : std::uint32_t { signal, resolver, listener, connection };
  static constexpr std::uint64_t tag(Kind kind, std::uint32_t number = 0) {
    return std::uint64_t{static_cast<std::uint32_t>(kind)} << 32 | number;
  }
  static constexpr std::uint64_t connection_tag(std::uint32_t number) {
    return tag(Kind::connection, number);
  }
  [[nodiscard]] std::uint64_t tag_of(const Connection& connection) const {
    return connection_tag(connection.generation << kPlaceBits | place_of(connection));
  }
  [[nodiscard]] ConnectionId id_of(const Connection& connection) const {
    return {place_of(connection), connection.generation};
  }
  [[nodiscard]] std::uint32_t place_of(const Connection& connection) const {
    return static_cast<std::uint32_t>(&connection - connections_.data());
  }

  ServerOptions options_;
  std::vector<Listener> listeners_;
  Poller poller_;
  UniqueFd signals_;
  Answerer answerer_;
  SnapshotFollower follower_;
  ResolveClient resolver_;
  WaitingRoom waiting_;

  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_places_;
  bool is_listening_ = false;
  bool is_stopping_ = false;
  /// What has come in, of several connections, and is served together, so that looking one request
  /// up does not wait for memory that could have come while another one was received.
  struct Arrived {
    std::uint32_t connection = 0;  ///< its number
    std::string_view bytes;        ///< of arrived_bytes_
  };
  std::vector<Arrived> arrived_;
  std::vector<MappedSnapshot::Ahead> ahead_;
  std::string arrived_bytes_;
  std::size_t arrived_size_ = 0;

  std::size_t unsent_ = 0;  ///< bytes in the connections' out
  std::string out_;         ///< replies of the connection that is served

  SteadyTime now_;
  Time wall_now_;
  SteadyTime next_tick_;
  SteadyTime next_check_;
  SteadyTime next_fault_line_;
  std::chrono::milliseconds watchdog_{};
  SteadyTime next_watchdog_;
};

}  // namespace tlspact

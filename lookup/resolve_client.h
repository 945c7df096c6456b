// SPDX-License-Identifier: MIT
/// ResolveClient: asks the daemon about next-hops that nobody knows yet.
///
/// A stream socket, lines each way, in any order:
///
///   resolve KEY                  to the daemon: look it up, decide, publish
///   done KEY                     from it: what there is has been published
///   done KEY none-until EPOCH    from it: there is no policy; seconds since 1970
///   wait MILLISECONDS            from it: how long an answer may wait ([live] wait)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/poller.h"
#include "policy/time.h"

namespace tlspact {

struct Resolved {
  std::string key;
  std::optional<Time> none_until;
};

/// What the daemon said since it was last asked.
struct DaemonSaid {
  std::vector<Resolved> resolved;
  std::optional<std::chrono::milliseconds> wait;
};

/// nullopt: it is no answer.
[[nodiscard]] std::optional<Resolved> read_resolved(std::string_view line);

/// nullopt: it is no such line, or more than a minute.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_wait(std::string_view line);

/// One connection, made when something is to be asked. While there is no daemon, no attempt more
/// often than every 100 ms, then 200 ms, up to every 5 s. Nothing here ever waits.
class ResolveClient {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// `socket` empty: there is never a daemon. `tag` is what `poller` returns for the connection.
  ResolveClient(std::string socket, Poller& poller, std::uint64_t tag)
      : socket_(std::move(socket)), poller_(poller), tag_(tag) {}

  /// `key` is the text of a PolicyKey. False: nobody takes the question.
  [[nodiscard]] bool ask(std::string_view key, SteadyTime now);

  /// To be called when the connection has events. Adds to `out`. False: the connection is lost,
  /// and with it every question.
  [[nodiscard]] bool on_events(DaemonSaid& out);

 private:
  [[nodiscard]] bool connect(SteadyTime now);
  [[nodiscard]] bool send_pending();
  [[nodiscard]] bool receive(DaemonSaid& out);
  void close();

  std::string socket_;
  Poller& poller_;
  std::uint64_t tag_;
  UniqueFd fd_;
  bool is_blocked_ = false;  ///< what is pending_ waits for room in the socket
  std::string pending_;
  std::string received_;
  SteadyTime not_before_;
  std::chrono::milliseconds pause_{0};
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Connection: one MTA process that asks.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "lookup/answerer.h"
#include "lookup/listener.h"
#include "lookup/unique_fd.h"

namespace tlspact {

/// What epoll watches of a connection. Edge-triggered: epoll(7) polls a level-triggered descriptor
/// again behind each event, and those that come late in one batch are late in the next as well: by
/// edges p99 is a third less.
inline constexpr std::uint32_t kWatchInput = EPOLLIN | EPOLLRDHUP | EPOLLET;
inline constexpr std::uint32_t kWatchRoom = EPOLLOUT | EPOLLET;  ///< to write
inline constexpr std::uint32_t kWatchNothing = EPOLLET;          ///< but errors

/// What is known of one connection. Idle, it holds no buffers.
struct Connection {
  enum class State : std::uint8_t {
    fresh,    ///< nothing has come yet
    idle,     ///< between requests
    partial,  ///< a request has begun
    waiting,  ///< for a resolution; nothing is read meanwhile
    blocked,  ///< the peer does not take its replies; nothing is read meanwhile. Perhaps waits, too
  };

  UniqueFd fd;
  Protocol protocol = Protocol::socketmap;
  State state = State::fresh;
  bool at_end = false;     ///< the peer sends no more
  bool is_ending = false;  ///< to be closed once the peer has its replies
  std::uint32_t generation = 0;
  std::uint32_t watched = 0;                    ///< the events that epoll watches
  std::chrono::steady_clock::time_point since;  ///< when the state began
  std::string in;                               ///< came, but could not be answered yet
  std::string out;                              ///< not taken yet
  LiveTable asked_table = LiveTable::postfix;   ///< what it is waiting for
  std::string asked_key;                        ///< empty: it does not wait
};

}  // namespace tlspact

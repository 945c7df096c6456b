// SPDX-License-Identifier: MIT
/// Poller: epoll(7), level-triggered but where the events say EPOLLET.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "lookup/unique_fd.h"

namespace tlspact {

class Poller {
 public:
  /// Throws std::system_error: without it there is nothing to be done.
  Poller();

  /// `tag` comes back with the events. A closed descriptor is not watched any more.
  bool add(int fd, std::uint32_t events, std::uint64_t tag);
  /// What is true of `fd` already is told again, also with EPOLLET.
  bool change(int fd, std::uint32_t events, std::uint64_t tag);
  void remove(int fd);

  /// Good until the next call. A negative `timeout` is zero.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::milliseconds timeout);

 private:
  UniqueFd fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "lookup/poller.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tlspact {
namespace {

bool control(int poller, int what, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return ::epoll_ctl(poller, what, fd, &event) == 0;
}

}  // namespace

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool Poller::add(int fd, std::uint32_t events, std::uint64_t tag) {
  return control(fd_.get(), EPOLL_CTL_ADD, fd, events, tag);
}

bool Poller::change(int fd, std::uint32_t events, std::uint64_t tag) {
  return control(fd_.get(), EPOLL_CTL_MOD, fd, events, tag);
}

void Poller::remove(int fd) {
  control(fd_.get(), EPOLL_CTL_DEL, fd, 0, 0);
}

std::span<const epoll_event> Poller::wait(std::chrono::milliseconds timeout) {
  const auto limit = static_cast<int>(std::max<std::int64_t>(timeout.count(), 0));
  const int count =
      ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), limit);
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

}  // namespace tlspact

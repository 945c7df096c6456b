// SPDX-License-Identifier: MIT
#include "lookup/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "lookup/log.h"
#include "lookup/service_manager.h"

namespace tlspact {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostConnections = 1024;
constexpr milliseconds kUsualWait{3000};
constexpr milliseconds kTick{1000};
constexpr milliseconds kIdleTick{5000};

}  // namespace

Server::Server(ServerOptions options, std::vector<Listener> listeners)
    : options_(std::move(options)),
      listeners_(std::move(listeners)),
      follower_(options_.snapshot, answerer_),
      resolver_(options_.resolve, poller_, tag(Kind::resolver)),
      waiting_(options_.wait.value_or(kUsualWait)),
      connections_(kMostConnections),
      watchdog_(watchdog_interval()) {
  for (std::uint32_t place = kMostConnections; place-- > 0;)
    free_places_.push_back(place);
}

void Server::run() {
  watch_signals();
  read_clocks();
  follower_.look(now_);
  watch_listeners(true);
  for (const Listener& each : listeners_)
    log_line(LogLevel::info, "listening on " + each.address());
  notify_service_manager("READY=1");
  while (!is_stopping_) {
    const auto events = poller_.wait(time_left());
    read_clocks();
    follower_.follow(now_);
    for (const epoll_event& event : events)
      on_event(event);
    serve_arrived();
    on_time();
  }
  drain();
}

void Server::watch_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    ::sigaddset(&set, signal);
  signals_ = UniqueFd{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!signals_ || !poller_.add(signals_.get(), EPOLLIN, tag(Kind::signal)))
    throw std::system_error(errno, std::generic_category(), "signalfd");
}

void Server::on_event(const epoll_event& event) {
  const auto number = static_cast<std::uint32_t>(event.data.u64);
  switch (static_cast<Kind>(event.data.u64 >> 32)) {
    case Kind::connection:
      return on_connection(number, event.events);
    case Kind::listener:
      return accept_from(listeners_[number]);
    case Kind::resolver:
      return on_resolved();
    case Kind::signal:
      return on_signal();
  }
}

void Server::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      follower_.look(now_);
    } else {
      is_stopping_ = true;
    }
  }
}

void Server::accept_from(const Listener& listener) {
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce; ++i) {
    if (free_places_.empty() && !make_room()) return watch_listeners(false);
    UniqueFd fd{::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!fd) {
      // Out of descriptors or memory: the next tick tries again.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        watch_listeners(false);
      return;
    }
    const int yes = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // fails on UNIX sockets
    Connection& connection = connections_[free_places_.back()];
    if (!poller_.add(fd.get(), kWatchInput, tag_of(connection))) return;
    free_places_.pop_back();
    connection.fd = std::move(fd);
    connection.protocol = listener.protocol();
    connection.watched = kWatchInput;
    set_state(connection, State::fresh);
  }
}

/// Postfix comes back at once, and asks again, where an idle connection was closed.
bool Server::make_room() {
  Connection* oldest = nullptr;
  for (Connection& each : connections_) {
    if (!each.fd || (each.state != State::idle && each.state != State::fresh)) continue;
    if (oldest == nullptr || each.since < oldest->since) oldest = &each;
  }
  // Not one that has hardly had the time to speak.
  if (oldest == nullptr || now_ - oldest->since < kTick) return false;
  close(*oldest);
  return true;
}

void Server::watch_listeners(bool on) {
  if (is_listening_ == on) return;
  is_listening_ = on;
  for (std::uint32_t i = 0; i < listeners_.size(); ++i) {
    if (!on) {
      poller_.remove(listeners_[i].fd());
    } else if (!poller_.add(listeners_[i].fd(), EPOLLIN | EPOLLEXCLUSIVE, tag(Kind::listener, i))) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }
}

void Server::read_clocks() {
  now_ = std::chrono::steady_clock::now();
  wall_now_ = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

void Server::on_time() {
  if (const auto due = waiting_.next_deadline(); due && *due <= now_) {
    follower_.look(now_);
    release(waiting_.overdue(now_));
  }
  if (follower_.is_checking() && now_ >= next_check_) {
    follower_.check();
    next_check_ = now_ + SnapshotFollower::kCheckPause;
  }
  if (watchdog_ > milliseconds{} && now_ >= next_watchdog_) {
    notify_service_manager("WATCHDOG=1");
    next_watchdog_ = now_ + watchdog_;
  }
  if (now_ < next_tick_) return;
  close_overdue();
  watch_listeners(true);
  next_tick_ = now_ + kTick;
}

void Server::close_overdue() {
  constexpr std::chrono::seconds kRequest{10};
  constexpr std::chrono::seconds kBetween{120};
  for (Connection& each : connections_) {
    if (!each.fd || each.state == State::waiting) continue;
    if (now_ - each.since >= (each.state == State::idle ? kBetween : kRequest)) close(each);
  }
}

std::chrono::milliseconds Server::time_left() const {
  const bool is_idle = is_listening_ && free_places_.size() == kMostConnections;
  SteadyTime due = is_idle ? now_ + kIdleTick : next_tick_;
  if (const auto deadline = waiting_.next_deadline()) due = std::min(due, *deadline);
  if (follower_.is_checking()) due = std::min(due, next_check_);
  if (watchdog_ > milliseconds{}) due = std::min(due, next_watchdog_);
  return std::chrono::ceil<milliseconds>(due - now_);
}

void Server::drain() {
  notify_service_manager("STOPPING=1");
  if (is_listening_) {
    for (const Listener& each : listeners_)
      accept_from(each);
  }
  watch_listeners(false);
  listeners_.clear();
  release(waiting_.empty());
  for (Connection& each : connections_) {
    if (each.fd && each.state != State::blocked) receive(each, false);
  }
  serve_arrived();
  const SteadyTime until = now_ + kTick;
  while (unsent_ > 0 && now_ < until) {
    for (const epoll_event& event : poller_.wait(kTick / 10))
      on_event(event);
    serve_arrived();
    read_clocks();
  }
  for (Connection& each : connections_) {
    if (each.fd) end(each);
  }
}

}  // namespace tlspact

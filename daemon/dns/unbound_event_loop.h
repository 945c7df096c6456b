// SPDX-License-Identifier: MIT
/// UnboundEventLoop: libunbound's pluggable event base (unbound-event.h) on an Asio executor, so
/// that resolving needs neither a thread nor libevent.
///
/// Not a general event loop: signals are not served, and it knows nothing of queries.
#pragma once

#include <sys/epoll.h>
#include <sys/time.h>
#include <unbound-event.h>
#include <unbound.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

namespace tlspact {

/// The descriptors of libunbound are in an epoll set of their own, and Asio waits for the set: one
/// wake-up serves many answers, and no handler of Asio's outlives the event that it was for.
///
/// One thread. Must outlive the ub_ctx that was made on base(). While it is paused it holds no work
/// in the executor's context.
class UnboundEventLoop {
 public:
  /// A descriptor that cannot be made is std::system_error.
  explicit UnboundEventLoop(const boost::asio::any_io_executor& executor);
  UnboundEventLoop(const UnboundEventLoop&) = delete;
  UnboundEventLoop& operator=(const UnboundEventLoop&) = delete;
  UnboundEventLoop(UnboundEventLoop&&) = delete;
  UnboundEventLoop& operator=(UnboundEventLoop&&) = delete;
  ~UnboundEventLoop() = default;

  /// For ub_ctx_create_ub_event().
  [[nodiscard]] ub_event_base* base() { return &base_.plain; }

  /// Serves events from now on, and until pause().
  void resume();
  void pause();
  /// Serves what is due now, without waiting. Not from within a callback of libunbound.
  void poll();

 private:
  using Clock = std::chrono::steady_clock;
  struct Event;
  using Timers = std::multimap<Clock::time_point, Event*>;
  struct Base {
    ub_event_base plain;
    UnboundEventLoop* loop;
  };
  static constexpr std::size_t kBatch = 64;

  static ub_event* make_event(ub_event_base* base, int fd, short bits,
                              void (*callback)(int, short, void*), void* argument);
  static ub_event_base_vmt& base_functions();
  static ub_event_vmt& event_functions();

  int add(Event& event, const timeval* timeout);
  void remove(Event& event);
  void start_timer(Event& event);
  void stop_timer(Event& event);
  void fire(Event& event, short bits);
  void serve_descriptors();
  void serve_timers();
  void watch_descriptors();
  void watch_timers();

  Base base_;
  boost::asio::posix::stream_descriptor epoll_;
  boost::asio::steady_timer timer_;
  std::optional<Clock::time_point> alarm_;  ///< what timer_ waits for
  Timers timers_;
  std::array<epoll_event, kBatch> ready_{};
  std::size_t registered_ = 0;  ///< events in the epoll set
  bool running_ = false;
  bool waiting_ = false;  ///< for epoll_
  /// Handlers of Asio that are already queued when the loop ends see that it has.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tlspact

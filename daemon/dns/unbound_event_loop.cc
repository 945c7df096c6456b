// SPDX-License-Identifier: MIT
#include "daemon/dns/unbound_event_loop.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace tlspact {

namespace {

int made_epoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

std::uint32_t epoll_bits(short bits) {
  std::uint32_t out = 0;
  if (bits & UB_EV_READ) out |= EPOLLIN;
  if (bits & UB_EV_WRITE) out |= EPOLLOUT;
  return out;
}

/// An error or a hang-up wakes whoever waits: reading or writing then tells it what happened.
short fired_bits(std::uint32_t seen, short wanted) {
  int out = 0;
  if (seen & (EPOLLIN | EPOLLERR | EPOLLHUP)) out |= UB_EV_READ;
  if (seen & (EPOLLOUT | EPOLLERR | EPOLLHUP)) out |= UB_EV_WRITE;
  return static_cast<short>(out & wanted);
}

}  // namespace

struct UnboundEventLoop::Event {
  ub_event plain;  ///< first: libunbound has pointers to it
  UnboundEventLoop* loop;
  int fd;
  short bits;
  void (*callback)(int, short, void*);
  void* argument;
  bool registered = false;  ///< in the epoll set
  bool timed = false;       ///< `timer` is valid
  Timers::iterator timer;
  Clock::duration timeout{};
};

UnboundEventLoop::UnboundEventLoop(const boost::asio::any_io_executor& executor)
    : base_{{UB_EVENT_MAGIC, &base_functions()}, this},
      epoll_(executor, made_epoll()),
      timer_(executor) {}

ub_event_base_vmt& UnboundEventLoop::base_functions() {
  static ub_event_base_vmt functions{
      .free = [](ub_event_base*) {},
      .dispatch = [](ub_event_base*) { return -1; },
      .loopexit = [](ub_event_base*, timeval*) { return -1; },
      .new_event = &UnboundEventLoop::make_event,
      .new_signal = [](ub_event_base*, int, void (*)(int, short, void*), void*) -> ub_event* {
        return nullptr;
      },
      .winsock_register_wsaevent = [](ub_event_base*, void*, void (*)(int, short, void*),
                                      void*) -> ub_event* { return nullptr; },
  };
  return functions;
}

ub_event_vmt& UnboundEventLoop::event_functions() {
  static constexpr auto kEvent = [](ub_event* event) -> Event& {
    return *reinterpret_cast<Event*>(event);
  };
  static ub_event_vmt functions{
      .add_bits =
          [](ub_event* event, short bits) {
            kEvent(event).bits = static_cast<short>(kEvent(event).bits | bits);
          },
      .del_bits =
          [](ub_event* event, short bits) {
            kEvent(event).bits = static_cast<short>(kEvent(event).bits & ~bits);
          },
      .set_fd = [](ub_event* event, int fd) { kEvent(event).fd = fd; },
      .free =
          [](ub_event* event) {
            kEvent(event).loop->remove(kEvent(event));
            delete &kEvent(event);
          },
      .add = [](ub_event* event,
                timeval* timeout) { return kEvent(event).loop->add(kEvent(event), timeout); },
      .del =
          [](ub_event* event) {
            kEvent(event).loop->remove(kEvent(event));
            return 0;
          },
      .add_timer =
          [](ub_event* event, ub_event_base*, void (*callback)(int, short, void*), void* argument,
             timeval* timeout) {
            kEvent(event).callback = callback;
            kEvent(event).argument = argument;
            return kEvent(event).loop->add(kEvent(event), timeout);
          },
      .del_timer =
          [](ub_event* event) {
            kEvent(event).loop->remove(kEvent(event));
            return 0;
          },
      .add_signal = [](ub_event*, timeval*) { return -1; },
      .del_signal = [](ub_event*) { return -1; },
      .winsock_unregister_wsaevent = [](ub_event*) {},
      .winsock_tcp_wouldblock = [](ub_event*, int) {},
  };
  return functions;
}

ub_event* UnboundEventLoop::make_event(ub_event_base* base, int fd, short bits,
                                       void (*callback)(int, short, void*), void* argument) {
  UnboundEventLoop* loop = reinterpret_cast<Base*>(base)->loop;
  auto* event = new (std::nothrow)
      Event{{UB_EVENT_MAGIC, &event_functions()}, loop, fd, bits, callback, argument};
  return event == nullptr ? nullptr : &event->plain;
}

int UnboundEventLoop::add(Event& event, const timeval* timeout) {
  const std::uint32_t bits = epoll_bits(event.bits);
  if (event.fd >= 0 && bits != 0) {
    epoll_event wanted{.events = bits, .data = {.ptr = &event}};
    const int operation = event.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(epoll_.native_handle(), operation, event.fd, &wanted) != 0) return -1;
    if (!event.registered) ++registered_;
    event.registered = true;
  }
  if (timeout != nullptr) {
    event.timeout =
        std::chrono::seconds{timeout->tv_sec} + std::chrono::microseconds{timeout->tv_usec};
    start_timer(event);
  }
  return 0;
}

void UnboundEventLoop::remove(Event& event) {
  stop_timer(event);
  if (!event.registered) return;
  event.registered = false;
  --registered_;
  epoll_event ignored{};
  epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, event.fd, &ignored);
  // What is left of the batch that is being served must not wake it, nor a freed one.
  for (epoll_event& other : ready_) {
    if (other.data.ptr == &event) other.data.ptr = nullptr;
  }
}

void UnboundEventLoop::start_timer(Event& event) {
  stop_timer(event);
  event.timer = timers_.emplace(Clock::now() + event.timeout, &event);
  event.timed = true;
  if (running_) watch_timers();
}

void UnboundEventLoop::stop_timer(Event& event) {
  if (!event.timed) return;
  event.timed = false;
  timers_.erase(event.timer);
}

void UnboundEventLoop::fire(Event& event, short bits) {
  const bool was_timed = event.timed;
  if (!(event.bits & UB_EV_PERSIST)) {
    remove(event);
  } else if (was_timed) {
    start_timer(event);  // as libevent does: from the last time that something happened
  }
  event.callback(event.fd, bits, event.argument);  // may free the event
}

void UnboundEventLoop::serve_descriptors() {
  const int count =
      epoll_wait(epoll_.native_handle(), ready_.data(), static_cast<int>(ready_.size()), 0);
  for (int at = 0; at < count; ++at) {
    const epoll_event& seen = ready_[static_cast<std::size_t>(at)];
    auto* event = static_cast<Event*>(seen.data.ptr);
    if (event == nullptr) continue;
    const short bits = fired_bits(seen.events, event->bits);
    if (bits != 0) fire(*event, bits);
  }
  ready_.fill({});
}

void UnboundEventLoop::serve_timers() {
  const Clock::time_point now = Clock::now();
  // A callback may start timers that are due at once: they wait for the next round.
  for (std::size_t left = timers_.size(); left > 0; --left) {
    if (timers_.empty() || timers_.begin()->first > now) break;
    Event& event = *timers_.begin()->second;
    stop_timer(event);
    if (event.bits & UB_EV_PERSIST) {
      start_timer(event);
    } else {
      remove(event);
    }
    event.callback(event.fd, UB_EV_TIMEOUT, event.argument);
  }
}

void UnboundEventLoop::poll() {
  if (registered_ == 0 && timers_.empty()) return;
  serve_descriptors();
  serve_timers();
}

void UnboundEventLoop::resume() {
  if (running_) return;
  running_ = true;
  watch_descriptors();
  watch_timers();
}

void UnboundEventLoop::pause() {
  if (!running_) return;
  running_ = false;
  epoll_.cancel();
  timer_.cancel();
  alarm_.reset();
}

void UnboundEventLoop::watch_descriptors() {
  if (waiting_) return;
  waiting_ = true;
  epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
                      if (alive.expired()) return;
                      waiting_ = false;
                      if (!running_) return;
                      if (!error) serve_descriptors();
                      if (running_) watch_descriptors();
                    });
}

/// Waits for the earliest timer. One that left leaves the alarm as it is: a call for nothing costs
/// less than setting it anew each time.
void UnboundEventLoop::watch_timers() {
  if (timers_.empty()) return;
  const Clock::time_point next = timers_.begin()->first;
  if (alarm_ && *alarm_ <= next) return;
  alarm_ = next;
  timer_.expires_at(next);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
    if (error || alive.expired() || !running_) return;  // set anew, paused or gone
    alarm_.reset();
    serve_timers();
    if (running_) watch_timers();
  });
}

}  // namespace tlspact

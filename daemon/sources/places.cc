// SPDX-License-Identifier: MIT
#include "daemon/sources/places.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <unordered_map>

namespace tlspact {

namespace asio = boost::asio;

namespace {

struct Waiter {
  asio::steady_timer timer;
  bool given = false;
};

}  // namespace

struct Places::Shared {
  struct Key {
    std::size_t held = 0;
    std::deque<std::shared_ptr<Waiter>> waiting;
  };

  void release(const std::string& name) {
    const auto found = keys.find(name);
    Key& key = found->second;
    if (key.waiting.empty()) {
      if (--key.held == 0) keys.erase(found);
      return;
    }
    // The place goes over to the first who waits; `held` stays.
    const std::shared_ptr<Waiter> next = key.waiting.front();
    key.waiting.pop_front();
    next->given = true;
    next->timer.cancel();
  }

  asio::any_io_executor executor;
  std::size_t limit;
  std::unordered_map<std::string, Key> keys;
};

namespace {

/// Leaves nothing behind when a wait ends, also when the coroutine is destroyed in it.
class Wait {
 public:
  Wait(std::shared_ptr<Places::Shared> shared, std::string key,
       std::chrono::steady_clock::time_point deadline)
      : shared_(std::move(shared)),
        key_(std::move(key)),
        waiter_(std::make_shared<Waiter>(asio::steady_timer{shared_->executor, deadline})) {
    shared_->keys[key_].waiting.push_back(waiter_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  Wait(Wait&&) = delete;
  Wait& operator=(Wait&&) = delete;
  ~Wait() {
    if (waiter_->given) {
      if (!taken_) shared_->release(key_);
      return;
    }
    std::erase(shared_->keys[key_].waiting, waiter_);
  }

  asio::steady_timer& timer() { return waiter_->timer; }
  /// True: the place that was given is the caller's.
  bool take() { return taken_ = waiter_->given; }

 private:
  std::shared_ptr<Places::Shared> shared_;
  std::string key_;
  std::shared_ptr<Waiter> waiter_;
  bool taken_ = false;
};

}  // namespace

Places::Place::~Place() {
  if (shared_ != nullptr) shared_->release(key_);
}

Places::Places(asio::any_io_executor executor, std::size_t limit)
    : shared_(std::make_shared<Shared>(
          Shared{std::move(executor), std::max<std::size_t>(limit, 1), {}})) {}

std::size_t Places::keys() const {
  return shared_->keys.size();
}

asio::awaitable<std::optional<Places::Place>> Places::take(
    std::string key, std::chrono::steady_clock::time_point deadline) {
  const std::shared_ptr<Shared> shared = shared_;
  if (Shared::Key& wanted = shared->keys[key]; wanted.held < shared->limit) {
    ++wanted.held;
    co_return Place{shared, std::move(key)};
  }
  Wait wait{shared, key, deadline};
  boost::system::error_code ended;
  co_await wait.timer().async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (!wait.take()) co_return std::nullopt;
  co_return Place{shared, std::move(key)};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/places.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

/// Takes places and keeps them until they are given back.
class Room {
 public:
  explicit Room(std::size_t limit) : places(io.get_executor(), limit) {}

  /// `name` stands in `in` once it has its place, in `gone` if there was none in time.
  void enter(const std::string& name, const std::string& key,
             std::chrono::milliseconds patience = std::chrono::hours{1}) {
    auto& signal = signals.emplace_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(
        io,
        [](Room& room, std::string who, std::string where,
           std::chrono::milliseconds wait) -> asio::awaitable<void> {
          auto place = co_await room.places.take(where, Clock::now() + wait);
          if (!place) {
            room.gone.push_back(who);
            co_return;
          }
          room.in.push_back(who);
          room.held.push_back(std::make_unique<Places::Place>(*std::move(place)));
        }(*this, name, key, patience),
        asio::bind_cancellation_slot(signal->slot(), [this](const std::exception_ptr& thrown) {
          if (thrown) ++thrown_out;
        }));
    settle();
  }
  void leave() {
    held.erase(held.begin());
    settle();
  }
  /// Runs everything that can run now.
  void settle() {
    io.restart();
    io.poll();
  }

  asio::io_context io{1};
  Places places;
  std::vector<std::string> in;
  std::vector<std::string> gone;
  int thrown_out = 0;
  std::vector<std::unique_ptr<Places::Place>> held;
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
};

using Names = std::vector<std::string>;

TEST_CASE("places: as many as the limit at once, then in the order in which they came") {
  Room room{2};
  for (const char* name : {"a", "b", "c", "d", "e"})
    room.enter(name, "x");
  CHECK(room.in == Names{"a", "b"});
  room.leave();
  CHECK(room.in == Names{"a", "b", "c"});
  room.leave();
  room.leave();
  CHECK(room.in == Names{"a", "b", "c", "d", "e"});
  room.enter("f", "x");
  CHECK(room.in.size() == 5);
}

TEST_CASE("places: each key has its own, and is forgotten with its last") {
  Room room{1};
  room.enter("a", "x");
  room.enter("b", "y");
  room.enter("c", "x");
  CHECK(room.in == Names{"a", "b"});
  CHECK(room.places.keys() == 2);
  room.leave();
  CHECK(room.in == Names{"a", "b", "c"});
  room.leave();
  room.leave();
  CHECK(room.places.keys() == 0);
}

TEST_CASE("places: who waited too long goes, and the next has the place") {
  Room room{1};
  room.enter("a", "x");
  room.enter("late", "x", std::chrono::milliseconds{0});
  room.enter("b", "x");
  while (room.gone.empty()) {
    room.io.restart();
    room.io.run_one();
  }
  CHECK(room.gone == Names{"late"});
  room.leave();
  CHECK(room.in == Names{"a", "b"});
}

TEST_CASE("places: a wait that is cancelled loses no place") {
  Room room{1};
  room.enter("a", "x");
  room.enter("b", "x");
  room.enter("c", "x");
  SECTION("while it waits") {
    room.signals[1]->emit(asio::cancellation_type::terminal);
    room.settle();
    room.leave();
  }
  SECTION("when it has just been given one") {
    room.held.erase(room.held.begin());
    room.signals[1]->emit(asio::cancellation_type::terminal);
    room.settle();
    if (room.in.size() == 2 && room.in[1] == "b") room.leave();
  }
  CHECK(room.in.back() == "c");
  room.leave();
  CHECK(room.places.keys() == 0);
}

TEST_CASE("places: the end of everything leaves nothing") {
  std::unique_ptr<Places::Place> kept;
  {
    Room room{1};
    room.enter("a", "x");
    room.enter("b", "x");
    kept = std::move(room.held.front());
  }
  // The place outlives its room.
  kept.reset();
  SUCCEED();
}

}  // namespace
}  // namespace tlspact

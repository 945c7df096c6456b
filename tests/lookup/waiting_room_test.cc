// SPDX-License-Identifier: MIT
#include "lookup/waiting_room.h"

#include "tests/support/catch.h"

using namespace tlspact;
using namespace std::chrono_literals;

namespace {

using Entry = WaitingRoom::Entry;
const WaitingRoom::SteadyTime kStart{1h};
using Ids = std::vector<ConnectionId>;

}  // namespace

TEST_CASE("a key is asked for once, and everybody who waited is told") {
  WaitingRoom room{3s};
  CHECK(room.enter("a.example", {1, 1}, kStart) == Entry::first);
  CHECK(room.enter("a.example", {2, 1}, kStart + 1s) == Entry::joined);
  CHECK(room.enter("b.example", {3, 1}, kStart + 1s) == Entry::first);
  CHECK(room.next_deadline() == kStart + 3s);
  CHECK(room.leave("a.example") == Ids{{1, 1}, {2, 1}});
  CHECK(room.leave("a.example").empty());
  CHECK(room.next_deadline() == kStart + 4s);
  CHECK(room.enter("a.example", {1, 1}, kStart + 2s) == Entry::first);
}

TEST_CASE("nobody waits longer than it may, and the question stays") {
  WaitingRoom room{3s};
  CHECK(room.enter("a.example", {1, 1}, kStart) == Entry::first);
  CHECK(room.enter("a.example", {2, 1}, kStart + 2900ms) == Entry::joined);
  CHECK(room.overdue(kStart + 2999ms).empty());
  CHECK(room.overdue(kStart + 3s) == Ids{{1, 1}, {2, 1}});
  CHECK(room.enter("a.example", {3, 1}, kStart + 4s) == Entry::closed);
  CHECK(room.leave("a.example").empty());
  CHECK(room.enter("a.example", {3, 1}, kStart + 5s) == Entry::first);
}

TEST_CASE("a question that is never answered is forgotten") {
  WaitingRoom room{3s};
  CHECK(room.enter("a.example", {1, 1}, kStart) == Entry::first);
  CHECK(room.overdue(kStart + 3s).size() == 1);
  CHECK(room.next_deadline() == kStart + 60s);
  CHECK(room.overdue(kStart + 60s).empty());
  CHECK_FALSE(room.next_deadline());
  CHECK(room.enter("a.example", {1, 1}, kStart + 61s) == Entry::first);
}

TEST_CASE("the room is bounded, for keys and for those who wait for one") {
  WaitingRoom room{3s};
  for (std::uint32_t i = 0; i < 1024; ++i)
    CHECK(room.enter("a.example", {i, 0}, kStart) != Entry::closed);
  CHECK(room.enter("a.example", {1, 1}, kStart) == Entry::closed);
  for (int i = 1; i < 8192; ++i)
    REQUIRE(room.enter(std::to_string(i), {1, 1}, kStart) == Entry::first);
  CHECK(room.enter("b.example", {1, 1}, kStart) == Entry::closed);
  CHECK(room.empty().size() == 1024 + 8191);
  CHECK(room.enter("b.example", {1, 1}, kStart) == Entry::first);
}

// SPDX-License-Identifier: MIT
/// Several coroutines at the same time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace tlspact {

/// Runs all of them on the executor of the awaiting coroutine and ends when the last one has. The
/// first exception in their order comes out, after all have ended. What they refer to must
/// outlive the wait.
[[nodiscard]] boost::asio::awaitable<void> side_by_side(
    std::vector<boost::asio::awaitable<void>> tasks);

}  // namespace tlspact

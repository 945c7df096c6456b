// SPDX-License-Identifier: MIT
/// Running coroutines in tests, on one thread, to their end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace tlspact::test {

/// The result of one; what it throws comes out. `io` has no other work, or only such as ends.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  std::optional<T> out;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& exception, T result) {
    thrown = exception;
    if (!exception) out.emplace(std::move(result));
  });
  io.restart();
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(out).value();
}

}  // namespace tlspact::test

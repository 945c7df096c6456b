// SPDX-License-Identifier: MIT
/// Listening on a UNIX socket of the service.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>

#include "policy/result.h"

namespace tlspact {

/// As sockaddr_un holds it, without its end. Asio throws for a longer one.
inline constexpr std::size_t kLongestSocketPath = 107;

/// Replaces whatever is at `socket`, in a directory that exists. Errors: config, a path too long
/// for a socket; io, it cannot be made.
[[nodiscard]] Result<void> listen_at(boost::asio::local::stream_protocol::acceptor& acceptor,
                                     const std::filesystem::path& socket, mode_t mode);

/// The next connection. Without a descriptor to spare accept(2) fails at once, again and again: it
/// is tried again after 100 ms. Ends only with a connection, or, closed, when `acceptor` is closed.
[[nodiscard]] boost::asio::awaitable<boost::asio::local::stream_protocol::socket> next_connection(
    boost::asio::local::stream_protocol::acceptor& acceptor);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/service/unix_listener.h"

#include <sys/stat.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace tlspact {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::local::stream_protocol;

Result<void> listen_at(stream_protocol::acceptor& acceptor, const fs::path& socket, mode_t mode) {
  if (socket.string().size() > kLongestSocketPath)
    return fail(Errc::config,
                socket.string() + ": is too long for a socket: choose another run_dir");
  std::error_code ignored;
  fs::remove(socket, ignored);
  boost::system::error_code error;
  const stream_protocol::endpoint endpoint{socket.string()};
  static_cast<void>(acceptor.open(endpoint.protocol(), error));
  if (!error) static_cast<void>(acceptor.bind(endpoint, error));
  if (!error)
    static_cast<void>(acceptor.listen(stream_protocol::socket::max_listen_connections, error));
  if (!error && ::chmod(socket.c_str(), mode) != 0)
    error = {errno, boost::system::generic_category()};
  if (error)
    return fail(Errc::io,
                socket.string() + ": cannot be listened on: " + error.message() +
                    (error == boost::system::errc::permission_denied
                         ? "; started by root, tlspactd is the user that state_dir belongs to: "
                           "give that user " +
                               socket.parent_path().string()
                         : ""));
  return {};
}

asio::awaitable<stream_protocol::socket> next_connection(stream_protocol::acceptor& acceptor) {
  constexpr std::chrono::milliseconds kPause{100};
  for (;;) {
    boost::system::error_code error;
    stream_protocol::socket connection =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    const bool closed = error == asio::error::operation_aborted || !acceptor.is_open();
    if (!error || closed) co_return connection;
    asio::steady_timer timer{acceptor.get_executor(), kPause};
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

}  // namespace tlspact

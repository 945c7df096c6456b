// SPDX-License-Identifier: MIT
#include "daemon/control/service/control_server.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "daemon/control/service/unix_listener.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::local::stream_protocol;

constexpr std::size_t kMostOpen = 32;
constexpr std::chrono::seconds kPatience{10};

/// Whether somebody listens there.
bool is_alive(const fs::path& socket) {
  if (socket.string().size() > kLongestSocketPath) return false;
  asio::io_context io;
  stream_protocol::socket probe{io};
  boost::system::error_code error;
  probe.connect(stream_protocol::endpoint{socket.string()}, error);
  return !error;
}

/// The answer, once another thread has it.
struct Pending {
  explicit Pending(const asio::any_io_executor& runs_on)
      : executor(runs_on), bell(runs_on, asio::steady_timer::time_point::max()) {}
  asio::any_io_executor executor;
  asio::steady_timer bell;
  std::optional<ControlReply> reply;
};

asio::awaitable<ControlReply> answer_of(std::shared_ptr<Pending> pending) {
  boost::system::error_code ignored;
  while (!pending->reply)
    co_await pending->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return *std::move(pending->reply);
}

}  // namespace

ControlServer::ControlServer(const asio::any_io_executor& executor, fs::path socket,
                             Handler handler)
    : path_(std::move(socket)), handler_(std::move(handler)), acceptor_(executor) {}

ControlServer::~ControlServer() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(const asio::any_io_executor& executor,
                                                             const fs::path& socket,
                                                             Handler handler) {
  std::error_code ignored;
  fs::create_directories(socket.parent_path(), ignored);
  if (is_alive(socket))
    return fail(Errc::try_again, socket.string() + ": another tlspactd is at work");
  std::unique_ptr<ControlServer> server{new ControlServer{executor, socket, std::move(handler)}};
  constexpr mode_t kEverybody = 0666;
  if (auto done = listen_at(server->acceptor_, socket, kEverybody); !done)
    return std::unexpected(done.error());
  asio::co_spawn(executor, server->accept(), asio::detached);
  return server;
}

asio::awaitable<void> ControlServer::accept() {
  for (;;) {
    Socket connection = co_await next_connection(acceptor_);
    if (!connection.is_open()) co_return;
    if (*open_ < kMostOpen)
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(connection)), asio::detached);
  }
}

asio::awaitable<void> ControlServer::serve(Socket accepted) {
  const auto shared = std::make_shared<Socket>(std::move(accepted));  // the timer may outlive this
  Socket& connection = *shared;
  const std::shared_ptr<std::size_t> open = open_;
  const Handler handler = handler_;
  ++*open;
  ucred peer{};
  socklen_t size = sizeof(peer);
  ::getsockopt(connection.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  asio::steady_timer patience{connection.get_executor(), kPatience};
  patience.async_wait([shared](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    if (!cancelled) shared->cancel(ignored);
  });
  std::string line;
  boost::system::error_code error;
  auto buffer = asio::dynamic_buffer(line, kMaxControlRequest);
  co_await asio::async_read_until(connection, buffer, '\n',
                                  asio::redirect_error(asio::use_awaitable, error));
  patience.cancel();
  auto request = error ? std::nullopt : parse_control_request(line.substr(0, line.find('\n')));
  if (request) {
    request->uid = peer.uid;
    auto pending = std::make_shared<Pending>(connection.get_executor());
    handler(*std::move(request), [pending](ControlReply reply) {
      asio::post(pending->executor, [pending, reply = std::move(reply)]() mutable {
        pending->reply = std::move(reply);
        pending->bell.cancel();
      });
    });
    const ControlReply reply = co_await answer_of(pending);
    const std::string answer = control_line(reply) + "\n";
    co_await asio::async_write(connection, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  --*open;
}

}  // namespace tlspact

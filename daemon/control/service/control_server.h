// SPDX-License-Identifier: MIT
/// ControlServer: takes commands on the service's UNIX socket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <functional>
#include <memory>

#include "daemon/control/service/control_message.h"
#include "policy/result.h"

namespace tlspact {

/// On the executor's thread. One command a connection; one that does not come within ten seconds,
/// or is no command, ends it. At most 32 at once.
class ControlServer {
 public:
  /// To be called once, from any thread.
  using Answer = std::function<void(ControlReply)>;
  using Handler = std::function<void(ControlRequest, Answer)>;

  /// Replaces a socket that nobody listens on. Mode 0666: `handler` judges by the caller's uid.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> listen(
      const boost::asio::any_io_executor& executor, const std::filesystem::path& socket,
      Handler handler);

  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  ControlServer(ControlServer&&) = delete;
  ControlServer& operator=(ControlServer&&) = delete;

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  ControlServer(const boost::asio::any_io_executor& executor, std::filesystem::path socket,
                Handler handler);
  [[nodiscard]] boost::asio::awaitable<void> accept();
  [[nodiscard]] boost::asio::awaitable<void> serve(Socket connection);

  std::filesystem::path path_;
  Handler handler_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

}  // namespace tlspact

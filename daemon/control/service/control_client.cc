// SPDX-License-Identifier: MIT
#include "daemon/control/service/control_client.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "daemon/control/service/unix_listener.h"

namespace tlspact {

namespace asio = boost::asio;

std::optional<ControlReply> ask_service(const std::filesystem::path& socket,
                                        const ControlRequest& request) {
  // sun_path holds no more, and Asio throws.
  if (socket.string().size() > kLongestSocketPath) return std::nullopt;
  const std::string line = control_line(request) + "\n";
  if (line.size() > kMaxControlRequest) return std::nullopt;
  asio::io_context io;
  asio::local::stream_protocol::socket connection{io};
  boost::system::error_code error;
  connection.connect(asio::local::stream_protocol::endpoint{socket.string()}, error);
  if (error) return std::nullopt;
  asio::write(connection, asio::buffer(line), error);
  std::string answer;
  if (!error)
    asio::read_until(connection, asio::dynamic_buffer(answer, kMaxControlReply), '\n', error);
  auto reply = error ? std::nullopt : parse_control_reply(answer.substr(0, answer.find('\n')));
  if (reply) return reply;
  constexpr int kTryAgain = 75;
  return ControlReply{.exit_code = kTryAgain,
                      .out = {},
                      .err = "tlspact: the service ended before it had answered; try again\n"};
}

}  // namespace tlspact

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
                                        const ControlRequest& request,
                                        std::optional<std::chrono::seconds> patience) {
  // sun_path holds no more, and Asio throws.
  if (socket.string().size() > kLongestSocketPath) return std::nullopt;
  const std::string line = control_line(request) + "\n";
  if (line.size() > kMaxControlRequest) return std::nullopt;
  asio::io_context io;
  asio::local::stream_protocol::socket connection{io};
  boost::system::error_code error;
  connection.connect(asio::local::stream_protocol::endpoint{socket.string()}, error);
  if (error) return std::nullopt;
  std::string answer;
  std::optional<ControlReply> reply;
  asio::async_write(connection, asio::buffer(line),
                    [&](const boost::system::error_code& failed, std::size_t /*size*/) {
                      if (failed) return;
                      asio::async_read_until(
                          connection, asio::dynamic_buffer(answer, kMaxControlReply), '\n',
                          [&](const boost::system::error_code& cut, std::size_t size) {
                            if (!cut) reply = parse_control_reply(answer.substr(0, size - 1));
                          });
                    });
  if (patience) {
    io.run_for(*patience);
  } else {
    io.run();
  }
  if (reply) return reply;
  constexpr int kTryAgain = 75;
  return ControlReply{.exit_code = kTryAgain,
                      .out = {},
                      .err = "tlspact: the service has not answered; try again\n"};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// SocketChannel: the SessionChannel that speaks to a server.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "smtp/session/byte_stream.h"
#include "smtp/session/channel.h"
#include "smtp/tls/tls_client.h"

namespace tlspact {

/// One connection. Reads at most a few kilobytes ahead.
class SocketChannel : public SessionChannel {
 public:
  /// The whole connection ends at `whole` from now. `message`: what write_message() sends; may be
  /// nullptr for a probe. `tls` and `message` outlive this. `from`: the local address to connect
  /// from, if any.
  SocketChannel(const boost::asio::any_io_executor& executor, const TlsClient& tls,
                std::chrono::milliseconds whole, const Message* message = nullptr,
                std::optional<boost::asio::ip::address> from = std::nullopt);
  ~SocketChannel() override = default;
  SocketChannel(const SocketChannel&) = delete;
  SocketChannel& operator=(const SocketChannel&) = delete;
  SocketChannel(SocketChannel&&) = delete;
  SocketChannel& operator=(SocketChannel&&) = delete;

  void begin_step(std::chrono::milliseconds limit) override;
  boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint endpoint) override;
  boost::asio::awaitable<ChannelResult<std::string>> read_line() override;
  boost::asio::awaitable<ChannelResult<void>> write(std::string bytes) override;
  boost::asio::awaitable<ChannelResult<void>> write_message(Framing framing) override;
  boost::asio::awaitable<ChannelResult<TlsFacts>> start_tls(const HostPolicy& policy) override;
  boost::asio::awaitable<void> close() override;
  [[nodiscard]] bool input_waiting() override;
  [[nodiscard]] Micros elapsed() override;

 private:
  using Clock = ByteStream::Clock;

  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> fill();
  [[nodiscard]] std::optional<ChannelResult<std::string>> next_line();

  const TlsClient& tls_;
  const Message* message_;
  std::optional<boost::asio::ip::address> from_;
  ByteStream stream_;
  std::string input_;  ///< read and not yet taken, from taken_
  std::size_t taken_ = 0;
  Clock::time_point begin_;
  Clock::time_point end_;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// SocketChannel: the SessionChannel that speaks to a server.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "smtp/session/channel.h"
#include "smtp/tls/tls_client.h"

namespace tlspact {

/// One connection. Reads at most a few kilobytes ahead and keeps no buffer for TLS between records:
/// thousands of open sessions cost little. Never raises SIGPIPE.
class SocketChannel : public SessionChannel {
 public:
  /// The whole connection ends at `whole` from now. `message`: what write_message() sends; may be
  /// nullptr for a probe. `tls` and `message` outlive this. `from`: the local address to connect
  /// from, if any.
  SocketChannel(const boost::asio::any_io_executor& executor, const TlsClient& tls,
                std::chrono::milliseconds whole, const Message* message = nullptr,
                std::optional<boost::asio::ip::address> from = std::nullopt);
  ~SocketChannel() override;
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
  using Clock = std::chrono::steady_clock;
  struct Watch;
  enum class Io : std::uint8_t { done, want_read, want_write, failed };
  struct Tried {
    Io io = Io::failed;
    std::size_t bytes = 0;
    ChannelFault fault;
  };

  [[nodiscard]] Tried try_read(char* into, std::size_t size);
  [[nodiscard]] Tried try_write(const char* from, std::size_t size);
  [[nodiscard]] Tried judge_tls(int result);
  /// Until the socket is ready for what was wanted; a fault by the deadline.
  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> wait(Io wanted);
  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> fill();
  [[nodiscard]] std::optional<ChannelResult<std::string>> next_line();

  const TlsClient& tls_;
  const Message* message_;
  std::optional<boost::asio::ip::address> from_;
  boost::asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  std::string input_;  ///< read and not yet taken, from taken_
  std::size_t taken_ = 0;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::shared_ptr<Watch> watch_;
  bool broken_ = false;
};

}  // namespace tlspact

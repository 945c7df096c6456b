// SPDX-License-Identifier: MIT
/// ByteStream: bytes over a TCP connection, in clear and then under TLS, each wait with a deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "smtp/session/channel.h"
#include "smtp/tls/openssl_handles.h"

namespace tlspact {

/// Client or server. Keeps no buffer for TLS between records (SSL_MODE_RELEASE_BUFFERS of the
/// context): thousands of open ones cost little. Never raises SIGPIPE. One coroutine at a time.
class ByteStream {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ByteStream(const boost::asio::any_io_executor& executor);
  /// Of a connection that was accepted.
  explicit ByteStream(boost::asio::ip::tcp::socket socket);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  ByteStream(ByteStream&&) = delete;
  ByteStream& operator=(ByteStream&&) = delete;

  /// Every wait from now on ends by then.
  void set_deadline(Clock::time_point deadline);
  [[nodiscard]] bool late() const;

  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint endpoint, std::optional<boost::asio::ip::address> from);
  /// At least one byte, at most `size`; the count. The end is a fault `closed`.
  [[nodiscard]] boost::asio::awaitable<ChannelResult<std::size_t>> read_some(char* into,
                                                                             std::size_t size);
  /// All of it. `bytes` outlives the wait.
  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> write(std::string_view bytes);
  /// As the side that `ssl` is set to.
  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> shake_hands(SslPtr ssl);

  /// nullptr: in clear.
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  /// Whether bytes wait in the socket; in clear only.
  [[nodiscard]] bool input_waiting();
  /// With close_notify, if nothing went wrong before.
  void close();

 private:
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
  /// Until the socket is ready for what was wanted; a fault by the deadline, or what was tried.
  [[nodiscard]] boost::asio::awaitable<ChannelResult<void>> wait(Tried tried);

  boost::asio::ip::tcp::socket socket_;
  SslPtr ssl_;
  std::shared_ptr<Watch> watch_;
  bool broken_ = false;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// SessionChannel: the connection as a session sees it. One implementation speaks over a socket
/// (socket_channel.h), one reads a transcript (recorded_channel.h).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "smtp/session/message.h"
#include "smtp/tls/host_policy.h"
#include "smtp/tls/tls_facts.h"

namespace tlspact {

struct ChannelFault {
  enum class Kind : std::uint8_t {
    timeout,      ///< the step's deadline, or the session's
    closed,       ///< the peer ended the connection
    reset,        ///< the connection broke, or was refused
    unreachable,  ///< no route, no such address here
    garbage,      ///< no SMTP, or a line above kMaxReplyLine
    tls,          ///< an alert, or no TLS at all
    local,        ///< a client certificate that cannot be used, no descriptor left
  };
  Kind kind = Kind::reset;
  std::string text;  ///< for people, one line of printable ASCII

  friend bool operator==(const ChannelFault&, const ChannelFault&) = default;
};

/// "timeout" and so on.
[[nodiscard]] std::string_view channel_fault_name(ChannelFault::Kind kind);
[[nodiscard]] std::optional<ChannelFault::Kind> parse_channel_fault(std::string_view name);

template <class T>
using ChannelResult = std::expected<T, ChannelFault>;

using Micros = std::chrono::microseconds;

/// How a message goes over: `data` with dots, `bdat` as one chunk (RFC 3030).
enum class Framing : std::uint8_t { data, bdat };

/// One connection, used by one coroutine, on one thread. After a fault only close() may follow.
class SessionChannel {
 public:
  SessionChannel() = default;
  SessionChannel(const SessionChannel&) = delete;
  SessionChannel& operator=(const SessionChannel&) = delete;
  SessionChannel(SessionChannel&&) = delete;
  SessionChannel& operator=(SessionChannel&&) = delete;
  virtual ~SessionChannel() = default;

  /// What follows has this long, and never longer than the whole session has.
  virtual void begin_step(std::chrono::milliseconds limit) = 0;

  virtual boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint endpoint) = 0;
  /// Without its end, which is CRLF or, from servers that know no better, LF.
  virtual boost::asio::awaitable<ChannelResult<std::string>> read_line() = 0;
  virtual boost::asio::awaitable<ChannelResult<void>> write(std::string bytes) = 0;
  virtual boost::asio::awaitable<ChannelResult<void>> write_message(Framing framing) = 0;
  /// The handshake; the certificate is not judged. Bytes that were read before it are lost: the
  /// session must have looked at input_waiting().
  virtual boost::asio::awaitable<ChannelResult<TlsFacts>> start_tls(const HostPolicy& policy) = 0;
  /// Politely, as far as the step allows.
  virtual boost::asio::awaitable<void> close() = 0;

  /// Whether there is input behind the last line, read already or in the socket.
  [[nodiscard]] virtual bool input_waiting() = 0;
  /// Since the channel was made.
  [[nodiscard]] virtual Micros elapsed() = 0;
};

}  // namespace tlspact

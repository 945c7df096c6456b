// SPDX-License-Identifier: MIT
/// Receiver: an SMTP server that follows a script and keeps a record. For `tlspact drill` and for
/// tests; it is no mail server: it stores nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "smtp/receiver/script.h"

namespace tlspact {

/// One connection, from its first byte on.
struct Conversation {
  std::vector<std::string> in_clear;  ///< commands, without their ends
  std::vector<std::string> under_tls;
  bool tls = false;                 ///< the handshake ended well, as far as this side knows
  std::string sni;                  ///< empty: none
  bool client_certificate = false;  ///< one was shown
  std::optional<TlsVersion> version;
  std::vector<std::string> messages;  ///< as sent, dots taken off
  bool message_in_clear = false;
  bool ended = false;
};

/// Listens from the constructor on. Runs on the executor; the record may be read by any thread.
class Receiver {
 public:
  /// `scripts`: of the first connection, the second, …; the last one is for all that follow. Not
  /// empty. Throws boost::system::system_error if it cannot listen; port 0 takes a free one.
  Receiver(const boost::asio::any_io_executor& executor,
           const boost::asio::ip::tcp::endpoint& endpoint, std::vector<ReceiverScript> scripts);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  Receiver(Receiver&&) = delete;
  Receiver& operator=(Receiver&&) = delete;

  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const;

  /// In the order in which they began.
  [[nodiscard]] std::vector<Conversation> conversations() const;

  /// Does not keep messages and commands: for measurements.
  void keep_nothing();

  /// No connection is accepted any more; those that are open end. From the executor's thread.
  void stop();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace tlspact

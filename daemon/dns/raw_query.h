// SPDX-License-Identifier: MIT
/// One question to one name server, past libunbound's cache and validator. For diagnosis only:
/// nothing here defends against a forged answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/dns/dns_message.h"

namespace tlspact {

struct RawQuery {
  enum class Transport : std::uint8_t { udp, tcp };
  std::string server;      ///< as parse_name_server() reads it
  std::uint16_t type = 0;  ///< of the root's record that is asked for
  Transport transport = Transport::udp;
  /// Whether the server is to validate: then AD stands in the question, else CD.
  bool validated = false;
  std::chrono::milliseconds deadline = std::chrono::seconds{5};
};

/// With EDNS and DO. nullopt: no answer that can be read, in time. Never throws.
[[nodiscard]] boost::asio::awaitable<std::optional<DnsMessage>> ask_root(RawQuery query);

}  // namespace tlspact

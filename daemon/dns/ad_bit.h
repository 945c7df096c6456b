// SPDX-License-Identifier: MIT
/// Whether a resolver validates: what a program that cannot validate, such as a mail server, has
/// of DNSSEC is its resolver's AD bit.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace tlspact {

enum class AdBit : std::uint8_t {
  set,      ///< the resolver says that it has validated the root's SOA
  clear,    ///< it answered, and does not say so
  unknown,  ///< no answer in time, a failure, or an answer that does not tell
};

/// Asks `server` (as parse_name_server() reads it) for the SOA of the root, which is signed. Not
/// told by an answer that a copy of the signed root on the server gave with authority (RFC 8806).
/// A forged answer is taken for a true one: who can forge these can forge AD bits for the mail
/// server, too. Never throws; twice the deadline at most.
[[nodiscard]] boost::asio::awaitable<AdBit> ask_ad_bit(std::string server,
                                                       std::chrono::milliseconds deadline);

}  // namespace tlspact

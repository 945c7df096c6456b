// SPDX-License-Identifier: MIT
/// The name servers that resolv.conf(5) names, and whether the C library believes them. Its other
/// words (search, options) mean nothing here: every name that is asked for is complete.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// One name server as libunbound takes it: "192.0.2.1@53", "2001:db8::1@5353".
struct NameServer {
  std::string text;
  bool loopback = false;  ///< 127.0.0.0/8, ::1 or ::ffff:127.…
};

/// Reads "9.9.9.9", "127.0.0.1@5353", "::1", "::1@53", "[::1]", "[::1]@53", "[::1]:53",
/// "192.0.2.1:53"; a link-local address with its "%eth0". Names are refused (Errc::config).
[[nodiscard]] Result<NameServer> parse_name_server(std::string_view text);

/// The addresses of the `nameserver` lines, in their order, as parse_name_server() takes them. Not
/// one that can be read: 127.0.0.1, as resolv.conf(5) says. Lines that cannot be read are left out,
/// as the C library does.
[[nodiscard]] std::vector<std::string> resolv_conf_servers(std::string_view text);

/// Whether the C library (glibc 2.31 and later) leaves the AD bit in answers: "options trust-ad".
/// Without it the bit is taken off, also those of a name server on this machine. Read as glibc
/// reads it: a word counts that begins so, and a comment has a line of its own.
[[nodiscard]] bool resolv_conf_trusts_ad(std::string_view text);

}  // namespace tlspact

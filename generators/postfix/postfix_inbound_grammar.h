// SPDX-License-Identifier: MIT
/// Readers of the lines that Postfix's inbound tables hold, after cidr_table(5), regexp_table(5)
/// and access(5), by which every line is read back before it is written.
#pragma once

#include <string>
#include <string_view>

#include "policy/domain.h"
#include "policy/network.h"

namespace tlspact {

struct PostfixNetworkLine {
  Network network;
  std::string action;
};

struct PostfixSenderLine {
  Domain domain;  ///< whose addresses the pattern matches, and no others
  std::string action;
};

/// "192.0.2.0/24 reject_plaintext_session". An Error says what Postfix would make of it.
[[nodiscard]] Result<PostfixNetworkLine> read_postfix_network_line(std::string_view line);

/// "/@acme\.example\.?$/ reject_plaintext_session".
[[nodiscard]] Result<PostfixSenderLine> read_postfix_sender_line(std::string_view line);

/// "a2:68:…", 32 bytes in lower case: indexed tables fold the key that Postfix asks for.
[[nodiscard]] Result<void> check_postfix_fingerprint(std::string_view key);

}  // namespace tlspact

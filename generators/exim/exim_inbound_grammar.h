// SPDX-License-Identifier: MIT
/// Readers of the lines that Exim's inbound lists hold (Exim specification, section 9.3, lsearch
/// and iplsearch), by which every line is read back before it is written.
#pragma once

#include <string>
#include <string_view>

#include "policy/domain.h"
#include "policy/network.h"

namespace tlspact {

struct EximNetworkLine {
  Network network;
  std::string value;
};

struct EximSenderLine {
  Domain domain;
  std::string value;
};

/// `192.0.2.0/24: require=encrypt`, `"2001:db8::/48": ask`: an IPv6 key stands in quotes, because
/// its first colon would end it.
[[nodiscard]] Result<EximNetworkLine> read_exim_network_line(std::string_view line);

/// `acme.example: require=certificate fp=HEX`.
[[nodiscard]] Result<EximSenderLine> read_exim_sender_line(std::string_view line);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Network: an IPv4 or IPv6 prefix.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

/// Address bytes in network order (4 or 16 of them used) and prefix length in bits. The bits
/// behind the prefix are zero: "192.0.2.1/24" is refused, as Postfix's cidr tables do.
struct Network {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> address{};
  std::uint8_t prefix = 0;

  /// Reads "192.0.2.0/24", "2001:db8::/32", or an address alone (its whole length).
  [[nodiscard]] static Result<Network> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const Network&, const Network&) = default;
};

}  // namespace tlspact

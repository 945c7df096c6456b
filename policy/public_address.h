// SPDX-License-Identifier: MIT
/// Whether an address belongs to the public internet. A policy host's name is chosen by strangers:
/// what it resolves to must not make this machine talk to its own network.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tlspact {

/// False for what the registries of RFC 6890 do not call globally reachable (private, loopback,
/// link-local, shared, documentation, benchmarking, reserved …) and for multicast. IPv6 outside
/// 2000::/3, which is all that is assigned (RFC 4291 section 2.4), is not public either: so IPv4
/// addresses mapped into IPv6 are not; nor is Teredo. NAT64 and 6to4 are what the IPv4 address
/// inside them is.
[[nodiscard]] bool is_public_address(const std::array<std::uint8_t, 4>& ipv4);
[[nodiscard]] bool is_public_address(const std::array<std::uint8_t, 16>& ipv6);

}  // namespace tlspact

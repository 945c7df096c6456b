// SPDX-License-Identifier: MIT
#include "daemon/dns/public_host.h"

#include <array>
#include <cstdint>

#include "policy/public_address.h"

namespace tlspact {

bool is_public(const boost::asio::ip::address& host) {
  return host.is_v4() ? is_public_address(std::array<std::uint8_t, 4>{host.to_v4().to_bytes()})
                      : is_public_address(std::array<std::uint8_t, 16>{host.to_v6().to_bytes()});
}

}  // namespace tlspact

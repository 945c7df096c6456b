// SPDX-License-Identifier: MIT
/// is_public_address() of policy/public_address.h, for what a resolver gave.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace tlspact {

[[nodiscard]] bool is_public(const boost::asio::ip::address& host);

}  // namespace tlspact

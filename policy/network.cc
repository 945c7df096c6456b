// SPDX-License-Identifier: MIT
#include "policy/network.h"

#include <arpa/inet.h>

#include <charconv>

#include "policy/domain.h"

namespace tlspact {
namespace {

bool host_bits_are_zero(const Network& network, int width) {
  for (int bit = network.prefix; bit < width; ++bit) {
    if ((network.address[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0)
      return false;
  }
  return true;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::bad_input, quote(text) + " is not a network: " + std::string{why});
  };
  const std::size_t slash = text.find('/');
  const std::string address{text.substr(0, slash)};
  Network network;
  network.ipv6 = address.contains(':');
  if (inet_pton(network.ipv6 ? AF_INET6 : AF_INET, address.c_str(), network.address.data()) != 1)
    return bad("write it as 192.0.2.0/24 or 2001:db8::/32");
  const int width = network.ipv6 ? 128 : 32;
  int prefix = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix < 0 ||
        prefix > width)
      return bad("the prefix length is not a number from 0 to " + std::to_string(width));
  }
  network.prefix = static_cast<std::uint8_t>(prefix);
  if (!host_bits_are_zero(network, width)) return bad("bits behind the prefix are set");
  return network;
}

std::string Network::text() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(ipv6 ? AF_INET6 : AF_INET, address.data(), buffer, sizeof buffer);
  return std::string{buffer} + "/" + std::to_string(prefix);
}

}  // namespace tlspact

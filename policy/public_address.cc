// SPDX-License-Identifier: MIT
#include "policy/public_address.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace tlspact {
namespace {

template <std::size_t Size>
struct Block {
  std::array<std::uint8_t, Size> address;
  unsigned prefix;  ///< bits
};

template <std::size_t Size>
bool contains(const Block<Size>& block, const std::array<std::uint8_t, Size>& address) {
  constexpr unsigned kByte = 8;
  const unsigned whole = block.prefix / kByte;
  if (!std::equal(address.begin(), address.begin() + whole, block.address.begin())) return false;
  const unsigned rest = block.prefix % kByte;
  return rest == 0 || (address[whole] ^ block.address[whole]) >> (kByte - rest) == 0;
}

template <std::size_t Size>
bool is_in_any(std::span<const Block<Size>> blocks, const std::array<std::uint8_t, Size>& address) {
  return std::ranges::any_of(blocks,
                             [&](const Block<Size>& each) { return contains(each, address); });
}

/// IANA's registry of IPv4 special-purpose addresses (RFC 6890 and its updates), and multicast.
constexpr Block<4> kIpv4[] = {
    {{0, 0, 0, 0}, 8},        // this network (RFC 791)
    {{10, 0, 0, 0}, 8},       // private (RFC 1918)
    {{100, 64, 0, 0}, 10},    // shared by carriers (RFC 6598)
    {{127, 0, 0, 0}, 8},      // loopback (RFC 1122)
    {{169, 254, 0, 0}, 16},   // link-local (RFC 3927)
    {{172, 16, 0, 0}, 12},    // private (RFC 1918)
    {{192, 0, 0, 0}, 24},     // protocol assignments (RFC 6890)
    {{192, 0, 2, 0}, 24},     // documentation (RFC 5737)
    {{192, 88, 99, 0}, 24},   // 6to4 relays, deprecated (RFC 7526)
    {{192, 168, 0, 0}, 16},   // private (RFC 1918)
    {{198, 18, 0, 0}, 15},    // benchmarking (RFC 2544)
    {{198, 51, 100, 0}, 24},  // documentation (RFC 5737)
    {{203, 0, 113, 0}, 24},   // documentation (RFC 5737)
    {{224, 0, 0, 0}, 4},      // multicast (RFC 5771)
    {{240, 0, 0, 0}, 4},      // reserved (RFC 1112) and limited broadcast
};

/// Inside 2000::/3.
constexpr Block<16> kIpv6[] = {
    {{0x20, 0x01}, 23},              // protocol assignments (RFC 2928): Teredo, ORCHID, …
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation (RFC 3849)
    {{0x3f, 0xff}, 20},              // documentation (RFC 9637)
};
constexpr Block<16> kGlobalUnicast{{0x20}, 3};
constexpr Block<16> k6to4{{0x20, 0x02}, 16};               // RFC 3056
constexpr Block<16> kNat64{{0x00, 0x64, 0xff, 0x9b}, 96};  // RFC 6052

std::array<std::uint8_t, 4> embedded(const std::array<std::uint8_t, 16>& ipv6, std::size_t at) {
  std::array<std::uint8_t, 4> out{};
  std::copy_n(ipv6.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
  return out;
}

}  // namespace

bool is_public_address(const std::array<std::uint8_t, 4>& ipv4) {
  return !is_in_any<4>(kIpv4, ipv4);
}

bool is_public_address(const std::array<std::uint8_t, 16>& ipv6) {
  constexpr std::size_t kNat64At = 12;
  constexpr std::size_t k6to4At = 2;
  // The well-known prefix only leads to public addresses (RFC 6052 section 3.1), if it is obeyed.
  if (contains(kNat64, ipv6)) return is_public_address(embedded(ipv6, kNat64At));
  if (contains(k6to4, ipv6)) return is_public_address(embedded(ipv6, k6to4At));
  // Mapped and compatible addresses, loopback, ULA, link-local and multicast lie outside.
  return contains(kGlobalUnicast, ipv6) && !is_in_any<16>(kIpv6, ipv6);
}

}  // namespace tlspact

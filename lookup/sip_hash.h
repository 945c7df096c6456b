// SPDX-License-Identifier: MIT
/// SipHash-1-3: a hash of short keys that strangers choose.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tlspact {

/// Whoever does not know it cannot make keys that collide.
struct HashSecret {
  std::array<std::uint64_t, 2> words{};

  /// From the kernel's random numbers.
  [[nodiscard]] static HashSecret random();
};

/// After Aumasson and Bernstein, "SipHash: a fast short-input PRF", with 1 and 3 rounds. Pure.
[[nodiscard]] std::uint64_t sip_hash(const HashSecret& secret, std::string_view bytes);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// What the fuzzers share: the entry point of libFuzzer, and one expectation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tlspact {

/// Reads the bytes once. Each fuzzer defines its own; it ends the process where it finds a fault.
void fuzz(std::string_view bytes);

/// Text for a terminal or a map: no control bytes.
inline void expect_printable(std::string_view text) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  };
  if (std::ranges::any_of(text, is_control)) __builtin_trap();
}

}  // namespace tlspact

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tlspact::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}

// SPDX-License-Identifier: MIT
#include "policy/utf8.h"

#include <cstddef>

namespace tlspact {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// Of the sequence that begins at `at`; 0: there is none (RFC 3629 section 4).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto tail = [&](std::size_t index, unsigned low = 0x80, unsigned high = 0xBF) {
    const unsigned byte = byte_at(text, at + index);
    return byte >= low && byte <= high;
  };
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    out += length > 0 ? text.substr(at, length) : std::string_view{"\xEF\xBF\xBD"};
    at += length > 0 ? length : 1;
  }
  return out;
}

}  // namespace tlspact

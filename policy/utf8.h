// SPDX-License-Identifier: MIT
/// Text that must be UTF-8 whatever it was made from: a file name may be any bytes.
#pragma once

#include <string>
#include <string_view>

namespace tlspact {

/// `text` with U+FFFD for every byte that is no part of a well-formed sequence (RFC 3629: neither
/// overlong, nor a surrogate, nor above U+10FFFF).
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace tlspact

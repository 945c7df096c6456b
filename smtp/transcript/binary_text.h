// SPDX-License-Identifier: MIT
/// Bytes as text and back: hexadecimal and base64 (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tlspact {

[[nodiscard]] std::string to_hex(std::string_view bytes);
/// nullopt: an odd number of digits, or something else.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// nullopt: not base64 with its padding, on one line.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// Nothing but printable ASCII, tabs, and the ends of lines.
[[nodiscard]] bool printable_ascii(std::string_view bytes);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// A TlsPolicy as a short run of bytes, so that a million of them fit into memory and equal ones
/// are found by comparing bytes.
#pragma once

#include <string>
#include <string_view>

#include "policy/tls_policy.h"

namespace tlspact {

/// Canonical: two policies are equal exactly if their codes are. About 30 bytes for a policy with
/// two MX hosts. For this program's own memory and files, never for the outside.
[[nodiscard]] std::string encode_policy(const TlsPolicy& policy);

/// The inverse. A code that encode_policy did not make is a broken invariant: std::logic_error.
[[nodiscard]] TlsPolicy decode_policy(std::string_view code);

/// The level alone, without decoding the rest.
[[nodiscard]] Level policy_code_level(std::string_view code);

/// Numbers and texts of a code, for what is encoded around policies.
class CodeWriter {
 public:
  CodeWriter() { out_.reserve(kUsual); }
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }
  /// LEB128: seven bits a byte, low ones first.
  void number(std::uint64_t value);
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  static constexpr std::size_t kUsual = 96;  ///< more than most codes need
  std::string out_;
};

class CodeReader {
 public:
  explicit CodeReader(std::string_view code) : rest_(code) {}
  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] std::uint64_t number();
  [[nodiscard]] std::string_view text() { return bytes(number()); }
  [[nodiscard]] std::string_view bytes(std::uint64_t size);
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace tlspact

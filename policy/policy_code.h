// SPDX-License-Identifier: MIT
/// A TlsPolicy as a short run of bytes, so that a million of them fit into memory and equal ones
/// are found by comparing bytes.
#pragma once

#include <cstdint>
#include <optional>
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

/// Inline, as live answers are read by it. What ends too soon, or stands for nothing, is a
/// std::logic_error.
class CodeReader {
 public:
  explicit CodeReader(std::string_view code) : rest_(code) {}
  [[nodiscard]] std::uint8_t byte() { return static_cast<std::uint8_t>(bytes(1).front()); }
  [[nodiscard]] std::uint64_t number();
  /// A byte that stands for an enumerator, of which `last` is the greatest.
  template <class Enum>
  [[nodiscard]] Enum enumerator(Enum last) {
    const std::uint8_t value = byte();
    if (value > static_cast<std::uint8_t>(last)) refuse("a policy code with an unknown word");
    return static_cast<Enum>(value);
  }
  [[nodiscard]] std::string_view text() { return bytes(number()); }
  [[nodiscard]] std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) refuse("a policy code that is cut off");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  [[noreturn]] static void refuse(const char* why);
  std::string_view rest_;
};

inline std::uint64_t CodeReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if ((next & 0x80) == 0) return value;
  }
  refuse("a policy code with an endless number");
}

/// A policy without anything that only agreements have, as views of its code, which must stay;
/// without dane_where_present, which is Exim's.
struct PlainPolicy {
  Level level = Level::may;
  std::optional<TlsVersion> min_tls;
  std::optional<CipherGrade> ciphers;
  std::uint64_t mx_count = 0;
  std::string_view mx_codes;

  /// Calls `each(name, is_wildcard)` in order, until it says false; says whether it never did.
  template <class Each>
  [[nodiscard]] bool all_mx(Each each) const {
    CodeReader in{mx_codes};
    for (std::uint64_t i = 0; i < mx_count; ++i) {
      const bool wildcard = in.byte() != 0;
      if (!each(in.text(), wildcard)) return false;
    }
    return true;
  }
};

/// nullopt: it has more. A code that is cut off is a std::logic_error, here or in all_mx(), as far
/// as it is read.
[[nodiscard]] std::optional<PlainPolicy> read_plain_policy(std::string_view code);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "policy/tls_policy.h"

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Level, 7> kLevels{{{Level::none, "none"},
                                   {Level::may, "may"},
                                   {Level::encrypt, "encrypt"},
                                   {Level::dane, "dane"},
                                   {Level::dane_only, "dane-only"},
                                   {Level::fingerprint, "fingerprint"},
                                   {Level::secure, "secure"}}};

constexpr Names<TlsVersion, 4> kVersions{{{TlsVersion::tls1_0, "TLSv1"},
                                          {TlsVersion::tls1_1, "TLSv1.1"},
                                          {TlsVersion::tls1_2, "TLSv1.2"},
                                          {TlsVersion::tls1_3, "TLSv1.3"}}};

constexpr Names<CipherGrade, 2> kGrades{
    {{CipherGrade::medium, "medium"}, {CipherGrade::high, "high"}}};

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  return std::ranges::find(names, value, &std::pair<Enum, std::string_view>::first)->second;
}

template <class Enum, std::size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &std::pair<Enum, std::string_view>::second);
  if (found == names.end()) return std::nullopt;
  return found->first;
}

int strength(Level level) {
  switch (level) {
    case Level::none:
      return 0;
    case Level::may:
      return 1;
    case Level::dane:
      return 2;
    case Level::encrypt:
      return 3;
    default:
      return 4;
  }
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

/// 64 hex digits, with or without a colon between the bytes.
bool parse_sha256(std::string_view text, std::array<std::uint8_t, 32>& digest) {
  for (std::size_t i = 0; i < digest.size(); ++i) {
    if (i > 0 && text.starts_with(':')) text.remove_prefix(1);
    if (text.size() < 2) return false;
    const auto high = hex_digit(text[0]);
    const auto low = hex_digit(text[1]);
    if (!high || !low) return false;
    digest[i] = static_cast<std::uint8_t>(*high << 4 | *low);
    text.remove_prefix(2);
  }
  return text.empty();
}

}  // namespace

std::string_view level_name(Level level) {
  return name_of(kLevels, level);
}
std::optional<Level> parse_level(std::string_view name) {
  return value_of(kLevels, name);
}

std::strong_ordering compare_strength(Level a, Level b) {
  return strength(a) <=> strength(b);
}

std::string_view tls_version_name(TlsVersion version) {
  return name_of(kVersions, version);
}
std::optional<TlsVersion> parse_tls_version(std::string_view name) {
  return value_of(kVersions, name);
}

std::string_view cipher_grade_name(CipherGrade grade) {
  return name_of(kGrades, grade);
}
std::optional<CipherGrade> parse_cipher_grade(std::string_view name) {
  return value_of(kGrades, name);
}

Result<Fingerprint> Fingerprint::parse(std::string_view text) {
  constexpr std::string_view kCertificate = "sha256:";
  constexpr std::string_view kPublicKey = "spki-sha256:";
  Fingerprint fingerprint;
  std::string_view hex;
  if (text.starts_with(kCertificate)) {
    hex = text.substr(kCertificate.size());
  } else if (text.starts_with(kPublicKey)) {
    fingerprint.of = Of::public_key;
    hex = text.substr(kPublicKey.size());
  } else {
    return fail(Errc::bad_input, quote(text) +
                                     " is not a fingerprint: write sha256:<hex> for a certificate "
                                     "or spki-sha256:<hex> for a public key");
  }
  if (!parse_sha256(hex, fingerprint.sha256))
    return fail(Errc::bad_input, quote(text) + " is not a fingerprint: SHA-256 has 64 hex digits");
  return fingerprint;
}

std::string Fingerprint::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : sha256) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace tlspact

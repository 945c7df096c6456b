// SPDX-License-Identifier: MIT
#include "policy/policy_code.h"

#include <algorithm>
#include <stdexcept>

namespace tlspact {
namespace {

/// Bits of the second byte.
constexpr std::uint8_t kDaneWherePresent = 1;
constexpr std::uint8_t kMinTls = 2;
constexpr std::uint8_t kCiphers = 4;
constexpr std::uint8_t kAgreed = 8;  ///< what only agreements have follows the MX set

bool has_agreed_part(const TlsPolicy& policy) {
  return !policy.certificate_names.empty() || !policy.ca_file.empty() || !policy.pins.empty() ||
         !policy.client_certificate.empty() || !policy.client_key.empty();
}

void write_patterns(CodeWriter& out, const std::vector<MxPattern>& patterns) {
  out.number(patterns.size());
  for (const MxPattern& pattern : patterns) {
    out.byte(pattern.wildcard ? 1 : 0);
    out.text(pattern.name.text());
  }
}

/// A count of things that take at least `least` bytes each. Checked before there is memory for
/// them.
std::uint64_t read_count(CodeReader& in, std::size_t least) {
  const std::uint64_t count = in.number();
  if (count > in.rest().size() / least) throw std::logic_error("a policy code that is cut off");
  return count;
}

/// What both readings begin with.
struct PolicyHead {
  Level level = Level::may;
  std::uint8_t bits = 0;
  std::optional<TlsVersion> min_tls;
  std::optional<CipherGrade> ciphers;
};

PolicyHead read_head(CodeReader& in) {
  PolicyHead head;
  head.level = in.enumerator(Level::secure);
  head.bits = in.byte();
  if ((head.bits & kMinTls) != 0) head.min_tls = in.enumerator(TlsVersion::tls1_3);
  if ((head.bits & kCiphers) != 0) head.ciphers = in.enumerator(CipherGrade::high);
  return head;
}

std::vector<MxPattern> read_patterns(CodeReader& in) {
  std::vector<MxPattern> patterns;
  const std::uint64_t count = read_count(in, 2);
  patterns.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool wildcard = in.byte() != 0;
    const std::string_view name = in.text();
    if (name.size() > Domain::kMaxLength)
      throw std::logic_error("a policy code with an endless name");
    patterns.push_back({Domain::from_normal_form(name), wildcard});
  }
  return patterns;
}

void write_agreed_part(CodeWriter& out, const TlsPolicy& policy) {
  write_patterns(out, policy.certificate_names);
  out.text(policy.ca_file);
  out.number(policy.pins.size());
  for (const Fingerprint& pin : policy.pins) {
    out.byte(static_cast<std::uint8_t>(pin.of));
    for (const std::uint8_t byte : pin.sha256)
      out.byte(byte);
  }
  out.text(policy.client_certificate);
  out.text(policy.client_key);
}

void read_agreed_part(CodeReader& in, TlsPolicy& policy) {
  policy.certificate_names = read_patterns(in);
  policy.ca_file = in.text();
  policy.pins.resize(read_count(in, sizeof(Fingerprint::sha256)));
  for (Fingerprint& pin : policy.pins) {
    pin.of = in.enumerator(Fingerprint::Of::public_key);
    for (std::uint8_t& byte : pin.sha256)
      byte = in.byte();
  }
  policy.client_certificate = in.text();
  policy.client_key = in.text();
}

}  // namespace

void CodeWriter::number(std::uint64_t value) {
  constexpr std::uint64_t kSevenBits = 0x7f;
  for (; value > kSevenBits; value >>= 7)
    byte(static_cast<std::uint8_t>(value & kSevenBits) | 0x80);
  byte(static_cast<std::uint8_t>(value));
}

void CodeReader::refuse(const char* why) {
  throw std::logic_error(why);
}

std::string encode_policy(const TlsPolicy& policy) {
  const bool agreed = has_agreed_part(policy);
  CodeWriter out;
  out.byte(static_cast<std::uint8_t>(policy.level));
  out.byte(static_cast<std::uint8_t>((policy.dane_where_present ? kDaneWherePresent : 0) |
                                     (policy.min_tls ? kMinTls : 0) |
                                     (policy.ciphers ? kCiphers : 0) | (agreed ? kAgreed : 0)));
  if (policy.min_tls) out.byte(static_cast<std::uint8_t>(*policy.min_tls));
  if (policy.ciphers) out.byte(static_cast<std::uint8_t>(*policy.ciphers));
  write_patterns(out, policy.mx);
  if (agreed) write_agreed_part(out, policy);
  return out.take();
}

TlsPolicy decode_policy(std::string_view code) {
  CodeReader in{code};
  TlsPolicy policy;
  const PolicyHead head = read_head(in);
  policy.level = head.level;
  policy.dane_where_present = (head.bits & kDaneWherePresent) != 0;
  policy.min_tls = head.min_tls;
  policy.ciphers = head.ciphers;
  policy.mx = read_patterns(in);
  if ((head.bits & kAgreed) != 0) read_agreed_part(in, policy);
  if (!in.at_end()) throw std::logic_error("a policy code with something behind it");
  return policy;
}

std::optional<PlainPolicy> read_plain_policy(std::string_view code) {
  CodeReader in{code};
  const PolicyHead head = read_head(in);
  if ((head.bits & kAgreed) != 0) return std::nullopt;
  PlainPolicy policy{head.level, head.min_tls, head.ciphers};
  policy.mx_count = in.number();
  policy.mx_codes = in.rest();
  return policy;
}

Level policy_code_level(std::string_view code) {
  return static_cast<Level>(CodeReader{code}.byte());
}

}  // namespace tlspact

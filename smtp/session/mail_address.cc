// SPDX-License-Identifier: MIT
#include "smtp/session/mail_address.h"

#include <algorithm>

#include "policy/utf8.h"
#include "smtp/session/reply.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxAddress = 254;  // RFC 5321 section 4.5.3.1.3, without the brackets
constexpr std::size_t kMaxLocal = 64;     // section 4.5.3.1.1
constexpr std::string_view kLiteralTag = "IPv6:";

bool is_atom_byte(char c) {
  constexpr std::string_view kSymbols = "!#$%&'*+-/=?^_`{|}~";
  const auto byte = static_cast<unsigned char>(c);
  return byte > 127 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kSymbols.contains(c);
}

bool is_dot_string(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains(".."))
    return false;
  return std::ranges::all_of(text, [](char c) { return c == '.' || is_atom_byte(c); });
}

bool is_quoted_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const auto byte = static_cast<unsigned char>(inside[i]);
    if (byte < 0x20 || byte == 0x7f || inside[i] == '"') return false;
    if (inside[i] == '\\' && ++i == inside.size()) return false;
  }
  return true;
}

bool is_domain_text(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 127 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

bool is_literal(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.find_first_not_of("0123456789abcdefABCDEF.:IPv[]") == std::string_view::npos;
}

}  // namespace

Result<MailAddress> MailAddress::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::bad_input,
                "not a mail address: \"" + printable(text, 100) + "\": " + std::string{why});
  };
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return refuse("there is no @");
  if (text.size() > kMaxAddress) return refuse("more than 254 bytes");
  if (valid_utf8(text) != text) return refuse("not UTF-8");
  MailAddress result{.local = std::string{text.substr(0, at)},
                     .domain = std::string{text.substr(at + 1)},
                     .literal = is_literal(text.substr(at + 1))};
  if (result.local.size() > kMaxLocal) return refuse("more than 64 bytes before the @");
  if (!is_dot_string(result.local) && !is_quoted_string(result.local))
    return refuse("what stands before the @ must be quoted");
  if (!result.literal && !is_domain_text(result.domain)) return refuse("no domain behind the @");
  return result;
}

std::string MailAddress::literal_address() const {
  std::string_view inside{domain};
  inside = inside.substr(1, inside.size() - 2);
  if (inside.starts_with(kLiteralTag)) inside.remove_prefix(kLiteralTag.size());
  return std::string{inside};
}

}  // namespace tlspact

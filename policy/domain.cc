// SPDX-License-Identifier: MIT
#include "policy/domain.h"

#include <algorithm>
#include <cstdio>

namespace tlspact {
namespace {

constexpr std::size_t kMaxLabel = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_let_dig(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

/// Why `label` (lower-case) is not an LDH label, or nullptr.
const char* label_fault(std::string_view label) {
  if (label.empty()) return "has an empty label";
  if (label.size() > kMaxLabel) return "has a label of more than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "has a label that begins or ends with -";
  if (!std::ranges::all_of(label, [](char c) { return is_let_dig(c) || c == '-'; }))
    return "has a byte that is not a letter, digit, hyphen or dot";
  return nullptr;
}

/// Why `name` (lower-case, no trailing dot) is not a Domain, or nullptr.
const char* domain_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > Domain::kMaxLength) return "is longer than 253 bytes";
  std::size_t labels = 0;
  std::string_view last;
  for (std::size_t from = 0; from <= name.size(); ++labels) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    last = name.substr(from, dot - from);
    if (const char* fault = label_fault(last)) return fault;
    from = dot + 1;
  }
  if (std::ranges::all_of(last, is_digit)) return "is an address, not a domain";
  if (labels < 2) return "has only one label, write the full name";
  return nullptr;
}

}  // namespace

std::string quote(std::string_view text) {
  constexpr std::size_t kMaxQuoted = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, kMaxQuoted)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02X", byte);
      out += escaped;
    }
  }
  out += '"';
  if (text.size() > kMaxQuoted) out += "…";
  return out;
}

Result<Domain> Domain::parse(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string name{text};
  // Not std::tolower: the name is ASCII, whatever the locale says.
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (const char* fault = domain_fault(name))
    return fail(Errc::bad_input, quote(text) + " is not a domain name: it " + fault);
  return Domain{std::move(name)};
}

bool Domain::is_normal_form(std::string_view text) {
  return domain_fault(text) == nullptr;
}

std::string_view Domain::parent() const {
  const std::string_view name = text_;
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

Result<DomainPattern> DomainPattern::parse(std::string_view text) {
  const bool subdomains = text.starts_with('.');
  auto domain = Domain::parse(subdomains ? text.substr(1) : text);
  if (!domain) return std::unexpected(domain.error());
  return DomainPattern{*std::move(domain), subdomains};
}

bool DomainPattern::matches(const Domain& name) const {
  if (!subdomains) return name == domain;
  return name.text().size() > domain.text().size() + 1 && name.text().ends_with(text());
}

std::string DomainPattern::text() const {
  return subdomains ? "." + domain.text() : domain.text();
}

}  // namespace tlspact

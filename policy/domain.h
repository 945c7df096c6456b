// SPDX-License-Identifier: MIT
/// Domain and DomainPattern: the names that policies belong to.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

/// A policy domain or host name: lower-case A-labels of letters, digits and hyphens (RFC 5890
/// section 2.3.1), at least two of them, at most 253 octets, without a trailing dot.
///
/// Not a Domain: an address literal, or any name whose last label is all digits (it could be read
/// as an address, RFC 3696 section 2); a U-label, which daemon/dns/idna.h converts first; a single
/// label, which would mean a whole top-level domain or depend on a resolver's search list.
class Domain {
 public:
  /// RFC 1035 section 2.3.4, in presentation form.
  static constexpr std::size_t kMaxLength = 253;

  /// Lower-cases, and drops one trailing dot. An Error says which rule the text breaks; the text
  /// itself is quoted with its unprintable bytes escaped.
  [[nodiscard]] static Result<Domain> parse(std::string_view text);

  /// Whether text() of some Domain could be `text`.
  [[nodiscard]] static bool is_normal_form(std::string_view text);

  /// From what text() gave before: nothing is looked at. Never for anything from outside.
  [[nodiscard]] static Domain from_normal_form(std::string_view text) {
    return Domain{std::string{text}};
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  /// What is left without the first label: "b.c" of "a.b.c". Empty for the last label.
  [[nodiscard]] std::string_view parent() const;

  friend auto operator<=>(const Domain&, const Domain&) = default;

 private:
  explicit Domain(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A Domain, or ".domain": every subdomain at any depth, not the domain itself (Postfix's form of
/// a parent pattern in smtp_tls_policy_maps).
struct DomainPattern {
  Domain domain;
  bool subdomains = false;

  [[nodiscard]] static Result<DomainPattern> parse(std::string_view text);
  [[nodiscard]] bool matches(const Domain& name) const;
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const DomainPattern&, const DomainPattern&) = default;
};

/// `text` for a message: at most 80 bytes, bytes outside printable ASCII as \xNN, in quotes.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace tlspact

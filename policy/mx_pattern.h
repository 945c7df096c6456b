// SPDX-License-Identifier: MIT
/// MxPattern: which MX hosts a policy allows.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "policy/domain.h"

namespace tlspact {

/// A host, or `*.suffix` where `*` is exactly one label (RFC 8461 section 4.1: "*.example.com"
/// matches mail.example.com but not example.com or foo.bar.example.com).
///
/// A STARTTLS-Everywhere list writes `.suffix` for the same. Its schema says that suffixes match
/// at any depth, its rules say one label; the rules are later and stricter, and are followed.
struct MxPattern {
  Domain name;  ///< the host, or the suffix behind the wildcard
  bool wildcard = false;

  /// Accepts `host`, `*.suffix` and `.suffix`. Never an address, never Postfix's keywords
  /// (hostname, nexthop, dot-nexthop): those are single labels, which no Domain is.
  [[nodiscard]] static Result<MxPattern> parse(std::string_view text);

  [[nodiscard]] bool matches(const Domain& host) const;

  /// `host` or `*.suffix`.
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const MxPattern&, const MxPattern&) = default;
};

}  // namespace tlspact

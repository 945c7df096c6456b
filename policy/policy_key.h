// SPDX-License-Identifier: MIT
/// PolicyKey: what an entry of a policy map is filed under.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/domain.h"

namespace tlspact {

/// A next-hop as Postfix looks it up, or a parent pattern:
///
///   acme.example              a domain: its MX hosts are looked up
///   .acme.example             every subdomain of it
///   acme.example:587          a domain with a port
///   [relay.acme.example]      a host: no MX lookup
///   [relay.acme.example]:587  a host with a port
///
/// Postfix asks for the last three verbatim and once; only the first form has parent lookups
/// (smtp_tls_policy_maps). An address literal is not a key: it has no policy.
struct PolicyKey {
  DomainPattern pattern;
  bool bracketed = false;
  std::optional<std::uint16_t> port;

  [[nodiscard]] static Result<PolicyKey> parse(std::string_view text);
  /// Whether the text of a key is a domain or a parent pattern: by_domain() of it.
  [[nodiscard]] static bool is_by_domain(std::string_view text) {
    return !text.starts_with('[') && !text.contains(':');
  }

  /// From what text() gave before. Never for anything from outside.
  [[nodiscard]] static PolicyKey from_normal_form(std::string_view text);
  [[nodiscard]] static PolicyKey of(Domain domain) {
    return {{std::move(domain), false}, false, {}};
  }

  /// The policy domain: for a smart host the host itself (RFC 8461 section 3.4).
  [[nodiscard]] const Domain& domain() const { return pattern.domain; }

  /// A domain or a parent pattern, as opposed to a next-hop with brackets or a port, which only a
  /// transport or relayhost setting names.
  [[nodiscard]] bool by_domain() const { return !bracketed && !port; }

  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const PolicyKey&, const PolicyKey&) = default;
};

}  // namespace tlspact

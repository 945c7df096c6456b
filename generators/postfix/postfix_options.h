// SPDX-License-Identifier: MIT
/// PostfixOptions: what the entries depend on besides the policy: the Postfix that will read them.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tlspact {

/// mail_version: "3.7.11", "3.10", "3.11-20250701" (a snapshot counts as the release it precedes).
struct PostfixVersion {
  int major = 3;
  int minor = 7;
  int patch = 0;

  [[nodiscard]] static std::optional<PostfixVersion> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const PostfixVersion&, const PostfixVersion&) = default;
};

struct PostfixOptions {
  PostfixVersion version;
  /// DNSSEC is validated for Postfix, which has smtp_dns_support_level = dnssec. Without it,
  /// Postfix defers every dane-only destination and turns dane into may.
  bool dane = true;
  std::string no_dane_because = "smtp_dns_support_level is not dnssec";  ///< where it is false
  /// Postfix has a usable CA store. Without one, every secure line defers.
  bool ca_store = true;
  /// smtp_tls_fingerprint_digest is sha256. With another digest, every fingerprint line defers.
  bool sha256_fingerprints = true;
  /// The policy_type=sts group may also go on list and agreement entries, to bind the MX host.
  bool bind_all_mx = true;
  /// The restriction classes that work here, with their definitions: name in
  /// smtpd_restriction_classes, smtpd_tls_ask_ccert = yes, smtpd_tls_fingerprint_digest = sha256.
  /// nullopt: nothing was asked, and everything is as tlspact init makes it.
  std::optional<std::map<std::string, std::string>> restriction_classes;
};

}  // namespace tlspact

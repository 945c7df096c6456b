// SPDX-License-Identifier: MIT
/// MailAddress: a mailbox as MAIL and RCPT take it (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

struct MailAddress {
  std::string local;     ///< a dot-string, or a quoted string with its quotes
  std::string domain;    ///< as given, or an address literal with its brackets
  bool literal = false;  ///< "[192.0.2.1]" or "[IPv6:2001:db8::1]"

  /// "local@domain". Errors (bad_input): what SMTP does not allow, above all any byte that would
  /// end the command or begin another; more than 254 bytes; bytes that are not UTF-8. Whether the
  /// domain is one is not looked at.
  [[nodiscard]] static Result<MailAddress> parse(std::string_view text);

  [[nodiscard]] std::string text() const { return local + "@" + domain; }

  /// Of a literal, without brackets and tag: "192.0.2.1", "2001:db8::1".
  [[nodiscard]] std::string literal_address() const;

  friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Reading a right-hand side of smtp_tls_policy_maps as Postfix's smtp_tls_policy.c does.
///
/// Postfix defers all mail of a destination whose entry it cannot read, so every line is read back
/// by this before it is installed. It accepts less than Postfix where tlspact never writes more:
/// no level `verify`, no attributes exclude, connection_reuse, enable_rpk, policy_ttl and
/// policy_failure, no keyword in match= (hostname, nexthop, dot-nexthop).
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "generators/postfix/postfix_options.h"
#include "policy/result.h"
#include "policy/tls_policy.h"

namespace tlspact {

/// The most that a value may have: Postfix reads socketmap replies of up to 100,000 bytes.
inline constexpr std::size_t kMaxPostfixValue = 99000;

struct PostfixPolicyLine {
  Level level = Level::may;
  /// In order, names lower-case; views of the value that was read.
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
};

/// An Error says which rule the value breaks for that version of Postfix.
[[nodiscard]] Result<PostfixPolicyLine> read_postfix_value(std::string_view value,
                                                           PostfixVersion version);

/// Whether `key` is one that Postfix asks for: see PolicyKey.
[[nodiscard]] Result<void> check_postfix_key(std::string_view key);

}  // namespace tlspact

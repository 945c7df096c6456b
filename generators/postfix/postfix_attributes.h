// SPDX-License-Identifier: MIT
/// What postfix_entry.h, which renders every entry, and postfix_plain_value.h, which renders the
/// usual ones, write alike.
#pragma once

#include <optional>
#include <string>

#include "generators/postfix/postfix_options.h"
#include "policy/tls_policy.h"

namespace tlspact {

inline constexpr PostfixVersion kPostfixStsGroup{3, 10, 0};
/// From here on, mx_host_pattern binds the MX host itself before Postfix connects.
inline constexpr PostfixVersion kPostfixMxBinding{3, 10, 5};

/// servername, protocols and ciphers: what stands between the names and the rest.
struct PostfixSessionAttributes {
  Level level = Level::may;
  std::optional<TlsVersion> min_tls;
  std::optional<CipherGrade> ciphers;
};
void append_session_attributes(std::string& value, const PostfixSessionAttributes& attributes,
                               PostfixVersion version);

/// Whether a policy `secure` with an MX set and no other names gets the group of TLSRPT, which from
/// kPostfixMxBinding binds the MX host. `published`: nothing but a published MTA-STS policy is in
/// force, so that a report may say so.
[[nodiscard]] bool has_sts_group(const PostfixOptions& options, bool published);

}  // namespace tlspact

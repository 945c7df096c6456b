// SPDX-License-Identifier: MIT
/// IDNA2008 at the edge: names as people and files write them become A-labels here, once.
#pragma once

#include <string_view>

#include "policy/mx_pattern.h"
#include "policy/policy_key.h"
#include "policy/result.h"

namespace tlspact {

/// As Domain::parse, MxPattern::parse and PolicyKey::parse, with U-labels converted (RFC 5891
/// section 5, UTS #46 non-transitional mapping). ASCII text, A-labels included, is not touched.
[[nodiscard]] Result<Domain> parse_domain(std::string_view text);
[[nodiscard]] Result<MxPattern> parse_mx_pattern(std::string_view text);
[[nodiscard]] Result<PolicyKey> parse_policy_key(std::string_view text);

}  // namespace tlspact

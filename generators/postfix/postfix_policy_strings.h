// SPDX-License-Identifier: MIT
/// The policy_string attributes of a policy map entry, from 3.10: the lines of an MTA-STS policy,
/// which Postfix hands on in its reports (RFC 8460 section 4.4, policy-string).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/candidate.h"

namespace tlspact {

/// Appends " { policy_string = LINE }" for each line, in their order; where there is none, one that
/// names the source; nothing, where not even that has room. At most `room` bytes; false: lines at
/// the end had none.
///
/// `lines` (Candidate::policy_lines) come from strangers. Postfix counts braces and knows no
/// way to quote one, so a brace becomes "?", as does every byte outside printable ASCII. Quotes,
/// backslashes, commas and "=" mean nothing to it between braces, and stay. Lines without text are
/// left out.
[[nodiscard]] bool append_policy_strings(std::string& value, std::string_view lines, Source source,
                                         std::size_t room);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The value of a usual entry, written at a tenth of the cost: for live answers, where it is made
/// again for every question.
#pragma once

#include <string>
#include <string_view>

#include "generators/postfix/postfix_options.h"
#include "policy/snapshot.h"

namespace tlspact {

/// Appends to `out` exactly what render_postfix_entry gives, of which a test makes sure with a
/// hundred thousand random decisions. Usual are: a domain or a pattern as key; a policy that this
/// Postfix can carry out as it is, without anything that only agreements have; names as they should
/// be. False: it is another one, and `out` is spoilt. Tells of no notices. A ruling that is cut off
/// is a std::logic_error; what is damaged where nothing is needed from is not found out.
[[nodiscard]] bool append_plain_postfix_value(std::string& out, std::string_view key_text,
                                              const PlainRuling& ruling,
                                              const PostfixOptions& options);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// Reading a STARTTLS-Everywhere policy list (version 0.1) from JSON.
#pragma once

#include <istream>
#include <string>

#include "policy/policy_list.h"
#include "policy/result.h"

namespace tlspact {

/// Streams: never a document tree of the whole file. A list is accepted whole or refused whole
/// (bad_input, with file and line; the text tells which rule it breaks), so that a publisher's
/// mistake is seen and the last good list stays:
///  - version "0.1", and exactly the fields of its schema;
///  - timestamp and expires as RFC 3339 text or epoch seconds, timestamp before expires;
///  - every domain and MX name a valid one after IDNA, lower-casing and dropping a trailing dot;
///    no domain twice after that;
///  - mode testing or enforce, at least one MX and at most 100, none of them twice;
///  - an alias names an entry of policy-aliases, which is a policy itself (no chains);
///  - nothing behind the closing brace.
/// `file` is for messages only. What depends on the clock or on an earlier list (expiry, a
/// timestamp that goes back or lies in the future) is judged by list_source.h.
[[nodiscard]] Result<PolicyList> parse_list(std::istream& json, const std::string& file);

}  // namespace tlspact

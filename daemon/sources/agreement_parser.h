// SPDX-License-Identifier: MIT
/// Reading one file of partner agreements.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/agreement.h"
#include "policy/result.h"

namespace tlspact {

/// All agreements of a file, or the first fault with file, line and column. The rules that one
/// file can be judged by:
///  - known keys only; partner, domains and level are required;
///  - level encrypt, dane-only, secure or fingerprint; may and none only in an exception;
///  - an exception has a reason and an expiry;
///  - match and ca_file only with secure, fingerprints only with fingerprint (which needs them);
///  - paths absolute, without the bytes that Postfix and Exim split words at;
///  - starts before expires; a key only once.
/// That `secure` names its MX hosts or certificates depends on what is published, and is judged by
/// decide(). `file` is for messages only.
[[nodiscard]] Result<std::vector<std::shared_ptr<const Agreement>>> parse_agreements(
    std::string_view text, const std::string& file);

}  // namespace tlspact

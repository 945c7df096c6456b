// SPDX-License-Identifier: MIT
/// Reading an entry of the Exim map as the fragments of templates/exim/ do, but strictly.
///
///   level=secure mxre=^(?:mx1\.acme\.example|[^.]+\.mail\.acme\.example)$ ciphers=…
///
/// Words `key=value` separated by one space, no space inside a value. `level` comes first and is
/// always there: the fragments treat a missing or unknown one as `secure`, and the writer never
/// writes one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// Views of the value that was read.
using EximWords = std::vector<std::pair<std::string_view, std::string_view>>;

[[nodiscard]] Result<EximWords> read_exim_value(std::string_view value);

/// The value that makes the routers decline to the stock ones: "no policy".
inline constexpr std::string_view kEximDefault = "level=default";

}  // namespace tlspact

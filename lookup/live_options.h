// SPDX-License-Identifier: MIT
/// LiveOptions: how the entries of a snapshot are rendered for the MTAs of this machine.
#pragma once

#include <string>
#include <string_view>

#include "generators/exim/exim_options.h"
#include "generators/postfix/postfix_options.h"
#include "policy/result.h"

namespace tlspact {

/// A snapshot's file carries them, so that what the answerer makes of an entry is the map's line.
struct LiveOptions {
  PostfixOptions postfix;  ///< without what mail to us depends on
  EximOptions exim;
};

/// For this program's own files. What only words a notice is left out.
[[nodiscard]] std::string encode_live_options(const LiveOptions& options);

/// bad_input, if encode_live_options did not make `code`.
[[nodiscard]] Result<LiveOptions> decode_live_options(std::string_view code);

}  // namespace tlspact

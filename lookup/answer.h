// SPDX-License-Identifier: MIT
/// The exact reply that an MTA gets for one key.
#pragma once

#include <string>
#include <string_view>

#include "generators/exim/exim_options.h"
#include "generators/postfix/postfix_options.h"
#include "policy/snapshot.h"

namespace tlspact {

struct Answer {
  bool found = false;
  std::string text;  ///< one line, without newline
};

/// Postfix socketmap (socketmap_table(5)): "OK secure match=…", or "NOTFOUND " with its space.
/// Postfix asks for the parents of a domain itself, so only the key is looked at. An entry that is
/// past its valid_until at `now` is not found.
[[nodiscard]] Answer answer_postfix(const Snapshot& snapshot, std::string_view key,
                                    const PostfixOptions& options, Time now);

/// Exim ${readsocket}: the map's value, or "level=default". Exim asks once, so the parents'
/// patterns are looked up here, as partial1(.) does in the map.
[[nodiscard]] Answer answer_exim(const Snapshot& snapshot, std::string_view key,
                                 const EximOptions& options, Time now);

}  // namespace tlspact

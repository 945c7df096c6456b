// SPDX-License-Identifier: MIT
/// RenderedEntry: what an MTA is told about one next-hop.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/notice.h"

namespace tlspact {

struct RenderedEntry {
  /// The right-hand side; nullopt: this MTA gets no entry, its own default applies.
  std::optional<std::string> value;
  /// What this MTA cannot express, or only with gaps. The texts do not name the subject, so that
  /// equal ones can be counted together.
  Notices notices;
  /// The value names the key: another domain with the same policy gets another value.
  bool depends_on_key = false;
};

/// A value, of either MTA's map, as its level and what follows: for showing, not for deciding.
struct ValueParts {
  std::string_view level;  ///< "secure"
  std::string_view rest;   ///< "match=…"; empty: nothing
};
[[nodiscard]] ValueParts split_value(std::string_view value);

}  // namespace tlspact

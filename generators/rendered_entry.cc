// SPDX-License-Identifier: MIT
#include "generators/rendered_entry.h"

#include <algorithm>

namespace tlspact {

ValueParts split_value(std::string_view value) {
  constexpr std::string_view kExim = "level=";
  const std::size_t space = std::min(value.find(' '), value.size());
  std::string_view level = value.substr(0, space);
  if (level.starts_with(kExim)) level.remove_prefix(kExim.size());
  return {level, value.substr(std::min(space + 1, value.size()))};
}

}  // namespace tlspact

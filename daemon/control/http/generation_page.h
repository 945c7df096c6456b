// SPDX-License-Identifier: MIT
/// The page of what differs between two generations.
#pragma once

#include <string>

#include "daemon/control/overview/generation_changes.h"

namespace tlspact {

/// Every text in it is escaped.
[[nodiscard]] std::string generation_page(const GenerationChanges& changes, std::string_view cause,
                                          const std::string& version);

/// Why there is nothing to show.
[[nodiscard]] std::string generation_fault_page(const std::string& fault,
                                                const std::string& version);

}  // namespace tlspact

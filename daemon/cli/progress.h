// SPDX-License-Identifier: MIT
/// Progress of long work, for somebody who watches a terminal.
#pragma once

#include <cstddef>
#include <functional>

namespace tlspact {

/// Shows how many domains were looked up on one line of standard error, which is gone in the end.
/// Empty if that is no terminal.
[[nodiscard]] std::function<void(std::size_t done, std::size_t total)> progress_on_terminal();

}  // namespace tlspact

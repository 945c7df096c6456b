// SPDX-License-Identifier: MIT
/// GenerationDiffs: what differs between generations, for somebody who asks over HTTP.
#pragma once

#include <deque>
#include <optional>

#include "daemon/control/http/turns.h"
#include "daemon/control/overview/generation_changes.h"
#include "policy/result.h"

namespace tlspact {

/// For any thread. Compares one pair of generations at a time, for five seconds at most (what it
/// has come to by then is given, with a fault), and remembers the last few.
class GenerationDiffs {
 public:
  /// From `before`, else from the one before `after`. Errors: no_input, there is no such
  /// generation; try_again, others were being compared for five seconds.
  [[nodiscard]] Result<GenerationChanges> between(const History& history,
                                                  std::optional<unsigned> before, unsigned after);

 private:
  Turns turns_{1};
  std::deque<GenerationChanges> known_;  ///< compared to their end
};

}  // namespace tlspact

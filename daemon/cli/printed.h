// SPDX-License-Identifier: MIT
/// What a command's result looks like on standard output and standard error.
#pragma once

#include <string>
#include <vector>

#include "daemon/cli/command.h"

namespace tlspact {

struct Printed {
  int exit_code = 0;
  std::string out;
  std::string err;
};

[[nodiscard]] Printed printed(const Result<CommandResult>& result, bool json);

/// Runs the command that `words` begin with. Errors: that of the command, or usage.
[[nodiscard]] Result<CommandResult> run_words(const std::vector<std::string>& words,
                                              const GlobalOptions& global);

}  // namespace tlspact

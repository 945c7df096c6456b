// SPDX-License-Identifier: MIT
/// Running one of the system's programs (postmap, postconf, exim, gpgv): no shell, with a deadline.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/result.h"

namespace tlspact {

struct Command {
  std::vector<std::string> argv;  ///< argv[0] is looked up in PATH, and in the sbin directories
  std::string input;              ///< standard input, at most 64 KiB (a pipe's capacity)
  std::chrono::milliseconds deadline = std::chrono::seconds{30};
};

struct CommandOutput {
  int exit_code = 0;  ///< 128 + signal number if a signal ended it
  std::string out;
  std::string err;
};

/// Runs to the end, with LC_ALL=C. Output over 512 MiB, a program that cannot be started, and one
/// that is still running at the deadline (it is killed) are an Error that names the program; any
/// exit code is not.
[[nodiscard]] Result<CommandOutput> run_command(const Command& command);

/// Full path of a program in PATH, /usr/sbin, /sbin or /usr/local/sbin (daemons and plain users
/// often lack the sbin directories in PATH); empty if there is none.
[[nodiscard]] std::string find_program(const std::string& name);

/// The first line of `err`, else of `out`, else words for its silence, for an error message.
[[nodiscard]] std::string first_line(const CommandOutput& output);

}  // namespace tlspact

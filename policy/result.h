// SPDX-License-Identifier: MIT
/// Result<T>: how everything that the outside world can make fail says so.
///
/// Not for broken invariants of our own: those are exceptions and end the process at start-up.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tlspact {

/// Why something failed, as far as a caller or an exit code has to tell the cases apart.
/// The values are those of sysexits.h, which the command line exits with.
enum class Errc {
  usage = 64,        ///< the command line is wrong
  bad_input = 65,    ///< a list, an agreement, a signature or a key is refused
  no_input = 66,     ///< a file that was named does not exist or cannot be read
  unavailable = 69,  ///< a remote service, or a source that never gave anything
  io = 74,           ///< reading or writing failed
  try_again = 75,    ///< a passing condition, such as another run that holds the lock
  config = 78,       ///< the configuration is wrong
};

/// One line for a person: what failed, where, and what to do about it. No trailing newline.
struct Error {
  Errc code = Errc::bad_input;
  std::string text;
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(Errc::io, "…")` in a function that returns any Result.
inline std::unexpected<Error> fail(Errc code, std::string text) {
  return std::unexpected(Error{code, std::move(text)});
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/cli/progress.h"

#include <unistd.h>

#include <cstdio>

namespace tlspact {

std::function<void(std::size_t done, std::size_t total)> progress_on_terminal() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](std::size_t done, std::size_t total) {
    if (done == total) {
      std::fputs("\r\033[K", stderr);
    } else {
      std::fprintf(stderr, "\rtlspact: %zu of %zu look-ups\033[K", done, total);
    }
    std::fflush(stderr);
  };
}

}  // namespace tlspact

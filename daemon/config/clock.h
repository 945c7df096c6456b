// SPDX-License-Identifier: MIT
/// The clock of this machine, for the mains and what runs in them; what is pure is given the time.
#pragma once

#include <chrono>

#include "policy/time.h"

namespace tlspact {

[[nodiscard]] inline Time clock_now() {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

}  // namespace tlspact

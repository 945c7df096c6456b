// SPDX-License-Identifier: MIT
/// libFuzzer: a value of the Exim map.
#include "generators/exim/exim_grammar.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  const auto words = read_exim_value(bytes);
  if (words && words->empty()) __builtin_trap();
}

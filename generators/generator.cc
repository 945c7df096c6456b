// SPDX-License-Identifier: MIT
#include "generators/generator.h"

#include <array>

namespace tlspact {

std::span<const Generator> generators() {
  static constexpr std::array kGenerators{
      Generator{"Postfix", [](const GeneratorSettings& s) { return s.postfix.enabled; },
                render_postfix},
      Generator{"Exim", [](const GeneratorSettings& s) { return s.exim.enabled; }, render_exim},
  };
  return kGenerators;
}

}  // namespace tlspact

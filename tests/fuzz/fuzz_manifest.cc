// SPDX-License-Identifier: MIT
/// libFuzzer: the manifest of a generation.
#include "generators/install/manifest.h"

#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  const auto generation = parse_manifest(std::string{bytes});
  if (generation) (void)parse_manifest(manifest_text(*generation));
}

// SPDX-License-Identifier: MIT
/// libFuzzer: an agreement file.
#include "daemon/sources/agreement_parser.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  const auto agreements = parse_agreements(bytes, "agreements.toml");
  if (!agreements) expect_printable(agreements.error().text);
}

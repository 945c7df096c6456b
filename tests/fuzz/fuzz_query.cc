// SPDX-License-Identifier: MIT
/// libFuzzer: what stands behind the question mark of a request; a value that was read is encoded
/// and read once more.
#include "daemon/control/http/query.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  const auto query = Query::parse(bytes);
  if (!query) return;
  const auto value = query->get("domain");
  if (!value) return;
  const auto again = Query::parse("domain=" + percent_encoded(*value));
  // Encoded it may be three times as long, and too long.
  if (again && again->get("domain") != value) __builtin_trap();
  static_cast<void>(trimmed(*value));
}

// SPDX-License-Identifier: MIT
#include "generators/install/manifest.h"

#include "tests/support/catch.h"

namespace tlspact {
namespace {

constexpr const char* kWhole =
    "tlspact generation 1\nnumber 7\nmade 2026-11-01T00:00:00Z\ncause list lab\n"
    "file 3 postfix cdb 1 2 3 4 7-0 /var/lib/a b.cdb\nend\n";

TEST_CASE("A manifest that is read and written is the same") {
  const auto read = parse_manifest(kWhole);
  REQUIRE(read);
  CHECK(read->cause == "list lab");
  CHECK(manifest_text(*read) == kWhole);
}

TEST_CASE("A manifest that is damaged anywhere is no crash") {
  const std::string whole{kWhole};
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    (void)parse_manifest(whole.substr(0, size) + "\nend\n");
    (void)parse_manifest(whole.substr(0, size) + whole.substr(size + 1));
  }
  CHECK_FALSE(parse_manifest("tlspact generation 1\ncause\nend\n"));
}

}  // namespace
}  // namespace tlspact

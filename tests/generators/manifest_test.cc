// SPDX-License-Identifier: MIT
#include "generators/install/manifest.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;

namespace {

InstalledGeneration sample() {
  return {.number = 7,
          .made = test::now(),
          .cause = "rollback to 5",
          .files = {{.path = "/maps/a path/tls_policy.cdb",
                     .mta = "Postfix",
                     .type = TableType::cdb,
                     .origin = 5,
                     .stored = "0-postfix-tls_policy.cdb",
                     .identity = {1, 2, 3, 4}},
                    {.path = "/maps/no_ca.pem",
                     .mta = "Exim",
                     .type = {},
                     .origin = 7,
                     .stored = "1-exim-no_ca.pem",
                     .identity = {5, 6, 7, 1764000000123456789}}}};
}

}  // namespace

TEST_CASE("a manifest is read as it was written") {
  const InstalledGeneration written = sample();
  const auto read_back = parse_manifest(manifest_text(written));
  REQUIRE(read_back);
  CHECK(read_back->number == 7);
  CHECK(read_back->made == written.made);
  CHECK(read_back->cause == written.cause);
  REQUIRE(read_back->files.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& one = written.files[i];
    const auto& other = read_back->files[i];
    CHECK(one.path == other.path);
    CHECK(one.mta == other.mta);
    CHECK(one.type == other.type);
    CHECK(one.origin == other.origin);
    CHECK(one.stored == other.stored);
    CHECK(one.identity == other.identity);
  }
}

TEST_CASE("a manifest that is cut off or of another version is none") {
  const std::string text = manifest_text(sample());
  for (std::size_t size = 0; size + 1 < text.size(); ++size)
    CHECK_FALSE(parse_manifest(text.substr(0, size)));
  CHECK_FALSE(parse_manifest("tlspact generation 2" + text.substr(text.find('\n'))));
  CHECK_FALSE(parse_manifest(""));
  std::string bad = text;
  bad.replace(bad.find("file 5"), 6, "file x");
  CHECK_FALSE(parse_manifest(bad));
}

TEST_CASE("a manifest that is damaged anywhere is no crash") {
  const std::string whole = manifest_text(sample());
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    static_cast<void>(parse_manifest(whole.substr(0, size) + "\nend\n"));
    static_cast<void>(parse_manifest(whole.substr(0, size) + whole.substr(size + 1)));
  }
  CHECK_FALSE(parse_manifest("tlspact generation 1\ncause\nend\n"));
}

// SPDX-License-Identifier: MIT
#include "lookup/snapshot_file.h"

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

Snapshot sample() {
  SnapshotEntry agreed = entry("[relay.example]:25", policy(Level::encrypt), Source::agreement);
  agreed.exception = true;
  agreed.valid_until = now() + std::chrono::hours{1};
  agreed.origin = "Acme Bank";
  agreed.published_without_dane =
      std::make_shared<const TlsPolicy>(policy(Level::secure, {"mx.relay.example"}));
  SnapshotEntry dane = entry("dane.example", policy(Level::dane_only), Source::dane);
  dane.policy_without_dane = nullptr;
  dane.tlsa_at_alias = true;
  SnapshotEntry published = entry("sts.example", policy(Level::secure, {"mx.sts.example"}));
  published.source = Source::mta_sts;
  published.policy_lines = std::make_shared<const std::string>("version: STSv1\nmode: enforce");
  return snapshot_of({agreed, dane, published,
                      entry("a.example", policy(Level::secure, {"mx.a.example", "*.b.example"})),
                      entry(".sub.example", policy(Level::may), Source::agreement)});
}

}  // namespace

TEST_CASE("a snapshot comes back out of its file") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  for (const Snapshot& written : {sample(), snapshot_of({})}) {
    REQUIRE(write_snapshot(file, written, {}));
    const auto read_back = read_snapshot(file);
    REQUIRE(read_back);
    REQUIRE(read_back->size() == written.size());
    CHECK(read_back->decided_at == written.decided_at);
    for (std::size_t i = 0; i < written.size(); ++i) {
      const SnapshotEntry one = written.entry(i);
      const SnapshotEntry other = read_back->entry(i);
      CHECK(one.text() == other.text());
      CHECK(*one.policy == *other.policy);
      CHECK((one.policy_without_dane == nullptr) == (other.policy_without_dane == nullptr));
      CHECK((one.published_without_dane == nullptr) == (other.published_without_dane == nullptr));
      REQUIRE((one.policy_lines == nullptr) == (other.policy_lines == nullptr));
      if (one.policy_lines != nullptr) CHECK(*one.policy_lines == *other.policy_lines);
      CHECK(one.source == other.source);
      CHECK(one.tlsa_at_alias == other.tlsa_at_alias);
      CHECK(one.exception == other.exception);
      CHECK(one.origin == other.origin);
      CHECK(one.valid_until == other.valid_until);
    }
  }
  CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 1);
}

TEST_CASE("a snapshot of an earlier build, without the lines of policies, is refused") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  REQUIRE(write_snapshot(file, sample(), {}));
  std::string bytes = read(file);
  const std::string kind = "tlspact snapshot 4";
  REQUIRE(bytes.starts_with(kind));
  bytes[kind.size() - 1] = '1';
  write(file, bytes);
  CHECK(read_snapshot(file).error().code == Errc::bad_input);
}

TEST_CASE("a file that is missing, cut off or changed anywhere is refused") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  CHECK(read_snapshot(file).error().code == Errc::no_input);
  REQUIRE(write_snapshot(file, sample(), {}));
  const std::string bytes = read(file);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write(file, bytes.substr(0, size));
    const auto cut = read_snapshot(file);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == Errc::bad_input);
  }
  write(file, bytes + "x");
  CHECK_FALSE(read_snapshot(file));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x21);
    write(file, changed);
    CAPTURE(at);
    REQUIRE_FALSE(read_snapshot(file));
  }
}

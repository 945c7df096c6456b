// SPDX-License-Identifier: MIT
#include "lookup/mapped_snapshot.h"

#include <unistd.h>

#include <random>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/random_snapshot.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

LiveOptions some_options() {
  LiveOptions out;
  out.postfix.version = {3, 10, 6};
  out.postfix.dane = false;
  out.postfix.bind_all_mx = false;
  out.exim.tls_library = TlsLibrary::openssl;
  out.exim.ca_store = false;
  return out;
}

const std::vector<Negative> kNone{{"a.none.example", now() + Seconds{10}},
                                  {"b.none.example", now() - Seconds{10}},
                                  {"c.none.example", now() + std::chrono::hours{1}}};

PartsCheck::State check_all(MappedSnapshot& mapped, std::size_t step = 1000) {
  PartsCheck::State state = PartsCheck::State::going_on;
  while (state == PartsCheck::State::going_on)
    state = mapped.check(step);
  return state;
}

/// Asks for everything that can be asked for. What comes out does not matter.
void ask_everything(MappedSnapshot& mapped, const std::vector<std::string>& keys) {
  for (const std::string& each : keys) {
    static_cast<void>(mapped.none_until(each));
    MappedSnapshot::Ahead ahead = mapped.look_ahead(each);
    if (mapped.look_ahead_entry(ahead) && mapped.look_ahead_key(ahead))
      mapped.look_ahead_ruling(ahead);
    const auto index = mapped.find(each);
    if (!index) continue;
    REQUIRE(*index < mapped.size());
    static_cast<void>(mapped.entry(each, *index));
    static_cast<void>(mapped.plain_ruling(*index));
  }
}

std::vector<std::string> keys_of(const Snapshot& snapshot) {
  std::vector<std::string> keys{"other.example", "a.none.example"};
  for (std::size_t i = 0; i < snapshot.size(); ++i)
    keys.emplace_back(snapshot.key_text(i));
  return keys;
}

}  // namespace

TEST_CASE("what is mapped is what is read") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  RandomSnapshots random{1};
  for (const std::size_t count : {0U, 1U, 5U, 300U, 3000U}) {
    REQUIRE(write_snapshot(file, random.make(count), some_options(), kNone));
    const Snapshot read_back = read_snapshot(file).value();
    const auto mapped = MappedSnapshot::open(file).value();
    REQUIRE(mapped->size() == read_back.size());
    CHECK(mapped->decided_at() == read_back.decided_at);
    for (std::size_t i = 0; i < read_back.size(); ++i) {
      const std::string_view key = read_back.key_text(i);
      REQUIRE(mapped->find(key) == i);
      CHECK(mapped->ruling_number(static_cast<std::uint32_t>(i)) == read_back.ruling_number(i));
      const SnapshotEntry one = read_back.entry(i);
      const SnapshotEntry other = mapped->entry(key, static_cast<std::uint32_t>(i)).value();
      CHECK(one.text() == other.text());
      CHECK(*one.policy == *other.policy);
      CHECK(one.source == other.source);
      CHECK(one.tlsa_at_alias == other.tlsa_at_alias);
      CHECK(one.valid_until == other.valid_until);
      CHECK((one.policy_lines == nullptr) == (other.policy_lines == nullptr));
    }
    for (int i = 0; i < 100; ++i)
      CHECK_FALSE(mapped->find("x" + random.some_name()));
    CHECK(check_all(*mapped) == PartsCheck::State::good);
    CHECK_FALSE(mapped->is_damaged());
  }
}

TEST_CASE("a mapped snapshot carries the options and what has no policy") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  REQUIRE(write_snapshot(file, snapshot_of({}), some_options(), kNone));
  const auto mapped = MappedSnapshot::open(file).value();
  CHECK(mapped->options().postfix.version == PostfixVersion{3, 10, 6});
  CHECK_FALSE(mapped->options().postfix.dane);
  CHECK(mapped->options().postfix.ca_store);
  CHECK_FALSE(mapped->options().postfix.bind_all_mx);
  CHECK(mapped->options().exim.tls_library == TlsLibrary::openssl);
  CHECK_FALSE(mapped->options().exim.ca_store);
  CHECK(mapped->options().exim.dane);
  for (const Negative& each : kNone)
    CHECK(mapped->none_until(each.key) == each.until);
  CHECK_FALSE(mapped->none_until("d.none.example"));
}

TEST_CASE("a snapshot that is missing, or none, is an error") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  CHECK(MappedSnapshot::open(file).error().code == Errc::no_input);
  CHECK(MappedSnapshot::open(directory.path()).error().code == Errc::bad_input);
  write(file, "");
  CHECK(MappedSnapshot::open(file).error().code == Errc::bad_input);
  write(file, std::string(100'000, 'x'));
  CHECK(MappedSnapshot::open(file).error().code == Errc::bad_input);
}

TEST_CASE("a snapshot cut off anywhere is refused") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  REQUIRE(write_snapshot(file, RandomSnapshots{2}.make(20), some_options(), kNone));
  const std::string bytes = read(file);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write(file, bytes.substr(0, size));
    const auto cut = MappedSnapshot::open(file);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == Errc::bad_input);
  }
}

TEST_CASE("noise at any byte of a snapshot crashes nothing, and its checksum is wrong") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  const Snapshot snapshot = RandomSnapshots{3}.make(20);
  const auto keys = keys_of(snapshot);
  REQUIRE(write_snapshot(file, snapshot, some_options(), kNone));
  const std::string bytes = read(file);
  std::mt19937 random{4};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1 + random() % 255));
    write(file, changed);
    const auto mapped = MappedSnapshot::open(file);
    if (!mapped) continue;
    CAPTURE(at);
    ask_everything(**mapped, keys);
    CHECK(check_all(**mapped, 8 + random() % 5000) == PartsCheck::State::damaged);
  }
}

TEST_CASE("a snapshot whose parts are noise crashes nothing") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  const Snapshot snapshot = RandomSnapshots{5}.make(200);
  const auto keys = keys_of(snapshot);
  REQUIRE(write_snapshot(file, snapshot, some_options(), kNone));
  const std::string bytes = read(file);
  const std::size_t head = 32 + kSnapshotParts * 8;
  std::mt19937 random{6};
  for (int i = 0; i < 2000; ++i) {
    std::string changed = bytes;
    const std::size_t from = head + random() % (bytes.size() - head);
    const std::size_t size = std::min<std::size_t>(bytes.size() - from, 1 + random() % 400);
    const bool zeros = random() % 4 == 0;
    for (std::size_t at = from; at < from + size; ++at)
      changed[at] = static_cast<char>(zeros ? 0 : random());
    write(file, changed);
    if (const auto mapped = MappedSnapshot::open(file)) ask_everything(**mapped, keys);
  }
}

TEST_CASE("a snapshot that somebody cuts off while it is in use is survived, and seen") {
  const auto directory = TempDirectory::make().value();
  const auto file = directory.path() / "snapshot";
  const Snapshot snapshot = RandomSnapshots{7}.make(3000);
  const auto keys = keys_of(snapshot);
  REQUIRE(write_snapshot(file, snapshot, some_options(), kNone));
  const auto mapped = MappedSnapshot::open(file).value();
  REQUIRE(::truncate(file.c_str(), 5000) == 0);
  ask_everything(*mapped, keys);
  CHECK(mapped->is_damaged());
  CHECK(check_all(*mapped) == PartsCheck::State::damaged);
}

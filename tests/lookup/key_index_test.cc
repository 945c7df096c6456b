// SPDX-License-Identifier: MIT
#include "lookup/key_index.h"

#include <random>
#include <string>

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("SipHash-1-3: values of another implementation, CPython's with PYTHONHASHSEED=0") {
  const HashSecret zero;
  CHECK(sip_hash(zero, "a") == 0x407448d2b89b1813);
  CHECK(sip_hash(zero, "abcdefg") == 0x6db12aae9070f506);
  CHECK(sip_hash(zero, "abcdefgh") == 0x3f7b849c0b8e35ea);
  CHECK(sip_hash(zero, "mail.example.com") == 0x7291bf42478881af);
  CHECK(sip_hash(zero, "a.b.c.example") == 0xda50712d4a1e450d);
}

TEST_CASE("every key is found, and no other") {
  const HashSecret secret = HashSecret::random();
  for (const std::size_t count : {0U, 1U, 2U, 3U, 7U, 1000U, 70'000U}) {
    TextPool keys;
    for (std::size_t i = 0; i < count; ++i)
      keys.add("d" + std::to_string(i) + ".example");
    const KeySlots slots = make_key_slots(keys, secret);
    const KeyIndex index{
        {reinterpret_cast<const char*>(slots.data()), slots.size() * sizeof slots[0]},
        count,
        secret};
    std::size_t compared = 0;
    const auto find = [&](const std::string& key) {
      return index.find(key, [&](std::uint32_t number) {
        ++compared;
        return keys[number] == key;
      });
    };
    for (std::size_t i = 0; i < count; ++i)
      REQUIRE(find("d" + std::to_string(i) + ".example") == i);
    CHECK(compared < count + count / 4 + 10);
    compared = 0;
    for (std::size_t i = 0; i < 1000; ++i)
      REQUIRE_FALSE(find("x" + std::to_string(i) + ".example"));
    CHECK(compared < 100);
  }
}

TEST_CASE("an index of noise is no harm") {
  std::mt19937 random{1};
  for (int i = 0; i < 300; ++i) {
    std::string noise(random() % 5000, '\0');
    for (char& each : noise)
      each = static_cast<char>(random() % 255 + 1);  // without an empty slot
    const std::size_t count = random() % 100;
    const KeyIndex index{noise, count, HashSecret{{random(), random()}}};
    for (int key = 0; key < 20; ++key) {
      const auto found = index.find(std::to_string(key), [&](std::uint32_t number) {
        REQUIRE(number < count);
        return false;
      });
      CHECK_FALSE(found);
    }
  }
}

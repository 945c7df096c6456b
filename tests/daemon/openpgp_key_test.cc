// SPDX-License-Identifier: MIT
#include "daemon/sources/openpgp_key.h"

#include <algorithm>
#include <string>

#include "tests/daemon/gpg_home.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::GpgHome;
using Words = std::vector<std::string>;

const GpgHome& home() {
  static const GpgHome gpg;
  return gpg;
}
const std::string& rsa() {
  static const std::string primary = [] {
    std::string made = home().make_key("RSA <rsa@publisher.example>", "rsa2048", "cert");
    static_cast<void>(home().add_subkey(made, "rsa2048"));
    return made;
  }();
  return primary;
}
const std::string& curve() {
  static const std::string primary = home().make_key("Curve <curve@publisher.example>");
  return primary;
}

Result<OpenPgpKey> parse(const std::string& bytes) {
  return OpenPgpKey::parse(bytes, "key.asc");
}

/// A packet with a header of the old format and two bytes of length.
std::string packet(unsigned tag, const std::string& body) {
  return std::string{static_cast<char>(0x80 | tag << 2 | 1), static_cast<char>(body.size() >> 8),
                     static_cast<char>(body.size() & 0xFF)} +
         body;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST_CASE("A key file names the same primary key, armored or binary, as gpg does") {
  for (const std::string& primary : {rsa(), curve()}) {
    const std::string binary = home().key({primary});
    const std::string armored = home().key({primary}, true);
    REQUIRE(armored.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    for (const std::string& bytes : {binary, armored}) {
      const auto key = parse(bytes);
      REQUIRE(key);
      CHECK(key->primary_keys == Words{primary});
      CHECK(key->binary == binary);
    }
  }
}

TEST_CASE("A key file with several keys names each of them") {
  const Words both{rsa(), curve()};
  for (const bool armor : {false, true}) {
    const auto key = parse(home().key(both, armor));
    REQUIRE(key);
    CHECK(std::ranges::is_permutation(key->primary_keys, both));
  }
  const auto joined = parse(home().key({rsa()}) + home().key({curve()}));
  REQUIRE(joined);
  CHECK(joined->primary_keys == both);
}

TEST_CASE("Two armored blocks in one file are two keys") {
  const auto key = parse(home().key({rsa()}, true) + home().key({curve()}, true));
  REQUIRE(key);
  CHECK(key->primary_keys == Words{rsa(), curve()});
}

TEST_CASE("Armor is read as people keep it") {
  const std::string armored = home().key({curve()}, true);
  const std::string blank = "-----\n\n";
  struct Row {
    std::string bytes;
    const char* why;
  };
  const Row rows[] = {
      {replace_all(armored, "\n", "\r\n"), "lines end with CR LF"},
      {"pub ed25519\nThe key of the list:\n\n" + armored + "\nMore words.\n", "words around it"},
      {replace_all(armored, blank, "-----\nComment: ours\nVersion: GnuPG v2\n\n"), "headers"},
      {replace_all(armored, blank, "-----\n \t\n"), "a blank line with spaces"},
      {armored.substr(0, armored.find("\n=")) + armored.substr(armored.find("\n-----END")),
       "no checksum"},
      {armored.substr(0, armored.size() - 1), "no newline at the end"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto key = parse(row.bytes);
    REQUIRE(key);
    CHECK(key->primary_keys == Words{curve()});
    CHECK(key->binary == home().key({curve()}));
  }
}

TEST_CASE("What is no public key is refused, and the file is named") {
  const std::string armored = home().key({curve()}, true);
  const std::string binary = home().key({curve()});
  const std::string secret = home().gpg({"--export-secret-keys", curve()});
  const std::string armored_secret = home().gpg({"--armor", "--export-secret-keys", curve()});
  REQUIRE(armored_secret.contains("PRIVATE KEY BLOCK"));
  const std::string signature = home().sign(curve(), "data");
  struct Row {
    std::string bytes;
    const char* words;
    const char* why;
  };
  const Row rows[] = {
      {"", "it holds no public key", "empty"},
      {"\n", "", "a newline"},
      {"garbage", "the packets are damaged", "garbage"},
      {std::string(1000, '\0'), "the packets are damaged", "zeros"},
      {std::string(1000, '\xFF'), "the packets are damaged", "ones"},
      {secret, "it holds no public key", "a secret key"},
      {armored_secret, "not a PUBLIC KEY BLOCK", "an armored secret key"},
      {signature, "it holds no public key", "a signature"},
      {home().sign(curve(), "data", {"--armor"}), "not a PUBLIC KEY BLOCK", "an armored signature"},
      {binary + "x", "the packets are damaged", "a byte behind"},
      {binary.substr(0, 20), "the packets are damaged", "cut off inside the key"},
      {armored.substr(0, armored.find("-----END")), "the armor is damaged", "no end of the armor"},
      {armored.substr(0, armored.size() / 2), "the armor is damaged", "half of the armor"},
      {armored.substr(armored.find('\n')), "", "no beginning of the armor"},
      {replace_all(armored, "-----\n\n", "-----\n"), "", "no blank line before the body"},
      {replace_all(armored, "-----\n\n", "-----\n\n!"), "the armor is damaged", "a byte of none"},
      {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n",
       "it holds no public key", "armor around nothing"},
      {"-----END PGP PUBLIC KEY BLOCK-----\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
       "the armor is damaged", "the end before the beginning"},
      {packet(13, "A user id"), "it holds no public key", "only a user id"},
      {packet(14, std::string{"\x04\0\0\0\0", 5}), "it holds no public key", "only a subkey"},
      {packet(6, ""), "only version 4", "a key without a byte"},
      {packet(6, std::string{"\x03\0\0\0\0", 5}), "only version 4", "version 3"},
      {packet(6, std::string{"\x05\0\0\0\0", 5}), "only version 4", "version 5"},
      {packet(6, std::string{"\x06\0\0\0\0", 5}), "only version 4", "version 6"},
      {binary + packet(6, "\x03"), "only version 4", "a good key and one of version 3"},
      {std::string{"\x80", 1}, "the packets are damaged", "a header of one byte"},
      {std::string{"\xC6\xFF\xFF\xFF\xFF\xFF\x04", 7}, "the packets are damaged", "4 GB promised"},
      {std::string{"\x9A\xFF\xFF\xFF\xFF\x04", 6}, "the packets are damaged", "4 GB, old format"},
      {std::string{"\xC6\xFF\0", 3}, "the packets are damaged", "a length that is cut off"},
      {std::string{"\xC6\xC0", 2}, "the packets are damaged", "a length that is cut off"},
      {std::string{"\xC6\xE1\x04\0", 4}, "the packets are damaged", "a partial length"},
      {std::string{"\x9B\x04\0\0", 4}, "the packets are damaged", "an indeterminate length"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto key = parse(row.bytes);
    CHECK_FALSE(key);
    if (key) continue;
    INFO(key.error().text);
    CHECK(key.error().code == Errc::bad_input);
    CHECK(key.error().text.starts_with("key.asc: not a usable OpenPGP public key: "));
    CHECK(key.error().text.contains(row.words));
  }
}

TEST_CASE("A key file that is cut off or damaged anywhere is no crash and no other key") {
  const std::string binary = home().key({rsa()});
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < binary.size(); ++size) {
    const auto key = parse(binary.substr(0, size));
    if (!key) continue;
    ++accepted;
    CHECK(key->primary_keys == Words{rsa()});
  }
  // Only between two of its packets: key, user id, signature, subkey, signature.
  CHECK(accepted == 4);
  for (std::size_t at = 0; at < binary.size(); ++at) {
    std::string damaged = binary;
    damaged[at] = static_cast<char>(~damaged[at]);
    if (const auto key = parse(damaged)) CHECK_FALSE(key->primary_keys.empty());
  }
  const std::string armored = home().key({curve()}, true);
  for (std::size_t size = 0; size + 40 < armored.size(); ++size)
    CHECK_FALSE(parse(armored.substr(0, size)));
}

TEST_CASE("A key is loaded from a file, and what cannot be read is said") {
  const auto directory = TempDirectory::make();
  REQUIRE(directory);
  const auto file = directory->path() / "key of the list.asc";
  test::write(file, home().key({curve()}, true));
  const auto key = OpenPgpKey::load(file);
  REQUIRE(key);
  CHECK(key->primary_keys == Words{curve()});

  const auto missing = OpenPgpKey::load(directory->path() / "none.asc");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::no_input);
  CHECK(missing.error().text.contains("none.asc"));

  CHECK_FALSE(OpenPgpKey::load(directory->path()));

  const auto big = directory->path() / "big.asc";
  test::write(big, home().key({curve()}, true) + std::string(2UL << 20, '\n'));
  const auto too_big = OpenPgpKey::load(big);
  REQUIRE_FALSE(too_big);
  CHECK(too_big.error().text.contains("big.asc"));
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/signature.h"

#include <string>

#include "tests/daemon/gpg_home.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::GpgHome;
using Words = std::vector<std::string>;

const std::string kData = "{\"version\": \"0.1\"}\n";

const GpgHome& home() {
  static const GpgHome gpg;
  return gpg;
}

/// Verifies with files in a directory of its own.
Result<VerifiedSignature> verify(const std::string& data, const std::string& signature,
                                 const std::string& key_bytes) {
  const auto key = OpenPgpKey::parse(key_bytes, "key.asc");
  if (!key) throw std::runtime_error(key.error().text);
  const TempDirectory directory = TempDirectory::make().value();
  const auto data_file = directory.path() / "policy list.json";
  const auto signature_file = directory.path() / "-policy list.json.asc";
  test::write(data_file, data);
  test::write(signature_file, signature);
  return verify_signature(data_file, signature_file, *key);
}

void check_refused(const std::string& why, const std::string& data, const std::string& signature,
                   const std::string& key, const std::string& words) {
  INFO(why);
  const auto verified = verify(data, signature, key);
  CHECK_FALSE(verified);
  if (verified) return;
  INFO(verified.error().text);
  CHECK(verified.error().code == Errc::bad_input);
  CHECK(verified.error().text.contains(words));
  CHECK_FALSE(verified.error().text.contains('\n'));
}

TEST_CASE("A signature by a signing subkey of the pinned key is accepted") {
  const std::string primary =
      home().make_key("The list's team <list@publisher.example>", "rsa2048", "cert");
  const std::string subkey = home().add_subkey(primary, "rsa2048");
  const std::string key = home().key({primary});
  for (const Words& options : {Words{"--armor"}, Words{"--no-armor"}}) {
    const auto verified = verify(kData, home().sign(primary, kData, options), key);
    REQUIRE(verified);
    CHECK(verified->primary_key == primary);
    CHECK(verified->signing_key == subkey);
    CHECK(verified->user_id == "The list's team <list@publisher.example>");
    CHECK(format_time(verified->made) == "2024-01-10T12:00:00Z");
  }
}

TEST_CASE("A signature by the primary key itself is accepted, whatever the key's form") {
  const std::string one = home().make_key("One <one@publisher.example>");
  const std::string two = home().make_key("Zw\xC3\xB6lf <two@publisher.example>");
  const std::string signature = home().sign(one, kData);
  for (const std::string& key : {home().key({one}), home().key({one}, true), home().key({two, one}),
                                 home().key({one, two}, true)}) {
    const auto verified = verify(kData, signature, key);
    REQUIRE(verified);
    CHECK(verified->primary_key == one);
    CHECK(verified->signing_key == one);
  }
  const auto other = verify(kData, home().sign(two, kData), home().key({one, two}));
  REQUIRE(other);
  CHECK(other->primary_key == two);
  CHECK(other->user_id == "Zw??lf <two@publisher.example>");
  CHECK(verify("", home().sign(one, ""), home().key({one})));
}

TEST_CASE("A subkey that has expired does no harm to its successor") {
  const std::string primary = home().make_key("Rotating <rotating@publisher.example>", "ed25519",
                                              "cert", "never", "20200101T000000");
  const std::string old_key = home().add_subkey(primary, "ed25519", "1y", "20200102T000000");
  const std::string new_key = home().add_subkey(primary, "ed25519", "never", "20210103T000000");
  const std::string key = home().key({primary});
  const auto verified = verify(kData, home().sign(new_key + "!", kData), key);
  INFO((verified ? "" : verified.error().text));
  REQUIRE(verified);
  CHECK(verified->signing_key == new_key);
  check_refused("the old subkey", kData, home().sign(old_key + "!", kData, {}, "20200601T000000"),
                key, "has expired");
}

TEST_CASE("A subkey that was revoked does no harm to its successor") {
  const std::string primary =
      home().make_key("Careful <careful@publisher.example>", "ed25519", "cert");
  const std::string old_key = home().add_subkey(primary, "ed25519");
  const std::string old_signature = home().sign(old_key + "!", kData);
  const std::string new_key = home().add_subkey(primary, "ed25519");
  home().gpg({"--command-fd", "0", "--no-batch", "--edit-key", primary}, {},
             "key 1\nrevkey\ny\n0\n\ny\nsave\n");
  const std::string key = home().key({primary});
  const auto verified = verify(kData, home().sign(new_key + "!", kData), key);
  INFO((verified ? "" : verified.error().text));
  REQUIRE(verified);
  CHECK(verified->signing_key == new_key);
  check_refused("the old subkey", kData, old_signature, key, "revoked");
}

TEST_CASE("A signature that is not of this file, or none at all, is refused") {
  const std::string primary = home().make_key("Refused <refused@publisher.example>");
  const std::string stranger = home().make_key("Stranger <stranger@publisher.example>");
  const std::string key = home().key({primary});
  const std::string good = home().sign(primary, kData);
  const std::string armored = home().sign(primary, kData, {"--armor"});
  REQUIRE(verify(kData, good, key));

  std::string changed = kData;
  changed[5] = static_cast<char>(changed[5] ^ 1);
  check_refused("one bit changed", changed, good, key, "does not fit the file");
  check_refused("a byte more", kData + "\n", good, key, "does not fit the file");
  check_refused("a byte less", kData.substr(0, kData.size() - 1), good, key, "does not fit");
  check_refused("an empty file", "", good, key, "does not fit the file");
  check_refused("another file", kData, home().sign(primary, "other"), key, "does not fit the file");
  check_refused("another key", kData, home().sign(stranger, kData), key,
                "another key than the configured one");
  check_refused("no signature", kData, "", key, "");
  check_refused("garbage", kData, "garbage\n", key, "holds no signature");
  check_refused("a web page", kData, "<html><body>404</body></html>\n", key, "holds no signature");
  check_refused("zeros", kData, std::string(4096, '\0'), key, "");
  check_refused("the file itself", kData, kData, key, "holds no signature");
  check_refused("the public key", kData, home().key({primary}, true), key, "");
  check_refused("cut off", kData, good.substr(0, good.size() / 2), key, "");
  check_refused("cut off armor", kData, armored.substr(0, armored.size() / 2), key, "");

  test::write(home().path() / "data", kData);
  const std::string data = (home().path() / "data").string();
  const auto signed_whole = [&](const char* how) {
    return home().gpg({"--local-user", primary, "--output", "-", how, data});
  };
  check_refused("a clearsigned list", kData, signed_whole("--clearsign"), key, "");
  check_refused("a signature with the list in it", kData, signed_whole("--sign"), key, "");
  check_refused("a clearsigned list on both sides", signed_whole("--clearsign"),
                signed_whole("--clearsign"), key, "");
}

TEST_CASE("A signature that gpgv calls good with a reservation is refused") {
  const std::string expired = home().make_key("Expired <expired@publisher.example>", "ed25519",
                                              "sign", "1y", "20200101T000000");
  check_refused("an expired key", kData, home().sign(expired, kData, {}, "20200601T000000"),
                home().key({expired}), "key has expired");

  const std::string revoked = home().make_key("Revoked <revoked@publisher.example>");
  const std::string before = home().sign(revoked, kData);
  REQUIRE(verify(kData, before, home().key({revoked})));
  home().revoke(revoked);
  check_refused("a revoked key", kData, before, home().key({revoked}), "revoked");

  const std::string rsa = home().make_key("Plain <plain@publisher.example>", "rsa2048");
  const std::string key = home().key({rsa});
  const auto sign = [&](const Words& options) { return home().sign(rsa, kData, options); };
  REQUIRE(verify(kData, sign({"--digest-algo", "SHA256"}), key));
  check_refused("SHA-1", kData, sign({"--digest-algo", "SHA1", "--allow-weak-digest-algos"}), key,
                "weak hash");
  check_refused("RIPEMD-160", kData,
                sign({"--digest-algo", "RIPEMD160", "--allow-weak-digest-algos"}), key,
                "weak hash");
  check_refused("a signature over text", kData, sign({"--textmode"}), key, "bytes of a file");
  check_refused("an expired signature", kData, sign({"--default-sig-expire", "10d"}), key,
                "signature has expired");
}

TEST_CASE("A signature file with several signatures needs a good one and no bad one") {
  const std::string ours = home().make_key("Ours <ours@publisher.example>");
  const std::string theirs = home().make_key("Theirs <theirs@publisher.example>");
  const std::string key = home().key({ours});
  const std::string good = home().sign(ours, kData);
  const std::string bad = home().sign(ours, "other");
  const std::string unknown = home().sign(theirs, kData);
  CHECK(verify(kData, good + good, key));
  CHECK(verify(kData, good + unknown, key));
  CHECK(verify(kData, unknown + good, key));
  check_refused("good, then bad", kData, good + bad, key, "does not fit the file");
  check_refused("bad, then good", kData, bad + good, key, "does not fit the file");
  check_refused("only strangers", kData, unknown + unknown, key, "another key");
}

TEST_CASE("Files that are not there are errors that say so") {
  const std::string primary = home().make_key("Missing <missing@publisher.example>");
  const auto key = OpenPgpKey::parse(home().key({primary}), "key");
  REQUIRE(key);
  const TempDirectory directory = TempDirectory::make().value();
  const auto data = directory.path() / "data";
  const auto signature = directory.path() / "signature";
  CHECK_FALSE(verify_signature(data, signature, *key));
  test::write(data, kData);
  CHECK_FALSE(verify_signature(data, signature, *key));
  test::write(signature, home().sign(primary, kData));
  CHECK(verify_signature(data, signature, *key));
  std::filesystem::remove(data);
  CHECK_FALSE(verify_signature(data, signature, *key));
}

}  // namespace
}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// judge_gpgv_status on written status lines, for what gpg cannot easily be made to say.
#include <string>

#include "daemon/sources/signature.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

const std::string kPrimary = "EFBE2748AB1B9B960A3AEA9D1033B8139D171D67";
const std::string kSubkey = "BA36EA8C1C769CBD168DF72036C2C0BA53A3CF84";
const std::string kOther = "C012B5545DAAE628EB394CD3D0120984FAAA7EE4";

OpenPgpKey pinned() {
  return {.binary = {}, .primary_keys = {"0000000000000000000000000000000000000000", kPrimary}};
}

std::string good() {
  return "[GNUPG:] GOODSIG 36C2C0BA53A3CF84 List <l@x.example>\n";
}

std::string valid(const std::string& hash = "10", const std::string& signature_class = "00",
                  const std::string& primary = kPrimary) {
  return "[GNUPG:] VALIDSIG " + kSubkey + " 2026-10-24 1792843200 0 4 0 1 " + hash + " " +
         signature_class + " " + primary + "\n";
}

const std::string kNew = "[GNUPG:] NEWSIG\n";

void check_refused(const std::string& status, const std::string& words) {
  CAPTURE(status);
  const auto verified = judge_gpgv_status(status, pinned());
  CHECK_FALSE(verified);
  if (verified) return;
  INFO(verified.error().text);
  CHECK(verified.error().code == Errc::bad_input);
  CHECK(verified.error().text.contains(words));
}

TEST_CASE("gpgv's status of one good signature is accepted") {
  const std::string texts[] = {
      kNew + good() + valid(),
      good() + valid(),  // before GnuPG 2.1.15 there was no NEWSIG
      kNew + "[GNUPG:] KEY_CONSIDERED " + kPrimary + " 0\n[GNUPG:] SIG_ID abc 2026-10-24 1\n" +
          good() + valid() + "[GNUPG:] TRUST_UNDEFINED 0 pgp\n",
      "gpgv: Signature made\n" + kNew + good() + valid() + "gpgv: Good signature\n",
      kNew + good() + valid("8"),
  };
  for (const std::string& text : texts) {
    const auto verified = judge_gpgv_status(text, pinned());
    REQUIRE(verified);
    CHECK(verified->primary_key == kPrimary);
    CHECK(verified->signing_key == kSubkey);
    CHECK(verified->user_id == "List <l@x.example>");
    CHECK(format_time(verified->made) == "2026-10-24T12:00:00Z");
  }
}

TEST_CASE("Every word of gpgv against a signature refuses it, whatever else it says") {
  const std::pair<const char*, const char*> words[] = {
      {"BADSIG 36C2C0BA53A3CF84 List", "does not fit the file"},
      {"EXPKEYSIG 36C2C0BA53A3CF84 List", "key has expired"},
      {"REVKEYSIG 36C2C0BA53A3CF84 List", "revoked"},
      {"KEYREVOKED", "revoked"},
      {"EXPSIG 36C2C0BA53A3CF84 List", "signature has expired"},
      {"ERRSIG 36C2C0BA53A3CF84 1 10 00 1793188800 9", "another key"},
      {"NO_PUBKEY 36C2C0BA53A3CF84", "another key"},
      {"NODATA 4", "holds no signature"},
      {"UNEXPECTED 0", "damaged"},
  };
  for (const auto& [line, means] : words) {
    const std::string status = "[GNUPG:] " + std::string{line} + "\n";
    check_refused(kNew + status, means);
    check_refused(kNew + status + good() + valid(), means);
    check_refused(kNew + good() + valid() + status, means);
  }
}

TEST_CASE("An expired subkey that did not sign is no fault of the signature") {
  // GnuPG's doc/DETAILS: KEYEXPIRED "will also be emitted for expired subkeys even if this subkey
  // is not used"; EXPKEYSIG is the word that counts.
  const std::string expired = "[GNUPG:] KEYEXPIRED 1609459200\n";
  CHECK(judge_gpgv_status(kNew + expired + good() + expired + valid(), pinned()));
  check_refused(kNew + expired + "[GNUPG:] EXPKEYSIG 36C2C0BA53A3CF84 List\n" + valid(),
                "key has expired");
  check_refused(kNew + expired + "[GNUPG:] BADSIG 36C2C0BA53A3CF84 List\n", "does not fit");
  check_refused(kNew + good() + valid() + kNew + expired + "[GNUPG:] BADSIG 36C2 List\n",
                "does not fit");
}

TEST_CASE("A signature is good only with both words for it") {
  check_refused("", "no signature");
  check_refused("\n\n", "no signature");
  check_refused(kNew, "");
  check_refused(kNew + good(), "");
  check_refused(kNew + valid(), "");
  check_refused("gpgv: Good signature from \"List <l@x.example>\"\n", "no signature");
  check_refused("GOODSIG x y\nVALIDSIG " + kSubkey + "\n", "no signature");
  check_refused("[GNUPG] GOODSIG x y\n[GNUPG] " + valid().substr(9), "no signature");
  check_refused("x" + good() + "x" + valid(), "no signature");
  check_refused(kNew + good() + kNew + valid(), "");
  check_refused(kNew + good() + "[GNUPG:] VALIDSIG " + kSubkey + " 2026-10-24 1793188800\n", "");
  check_refused(kNew + good() + "[GNUPG:] VALIDSIG\n", "");
  // A user id that looks like a status line stays on its line.
  check_refused(kNew + "[GNUPG:] GOODSIG 36C2 [GNUPG:] VALIDSIG " + kSubkey +
                    " 2026-10-24 1 0 4 0 1 10 00 " + kPrimary + "\n",
                "");
}

TEST_CASE("The primary key must be a pinned one; that the subkey is called so does not help") {
  check_refused(kNew + good() + valid("10", "00", kOther), kOther);
  check_refused(kNew + good() + valid("10", "00", kSubkey), "another key");
  check_refused(kNew + good() + valid("10", "00", kPrimary.substr(24)), "another key");
  check_refused(kNew + good() + valid("10", "00", kPrimary + "0"), "another key");
  const OpenPgpKey subkey_pinned{.binary = {}, .primary_keys = {kSubkey}};
  CHECK_FALSE(judge_gpgv_status(kNew + good() + valid(), subkey_pinned));
  CHECK_FALSE(judge_gpgv_status(kNew + good() + valid(), OpenPgpKey{}));
}

TEST_CASE("Weak hashes and signatures over anything but a file are refused") {
  for (const char* hash : {"1", "2", "3"})
    check_refused(kNew + good() + valid(hash), "weak hash");
  for (const char* hash : {"8", "9", "10", "11"})
    CHECK(judge_gpgv_status(kNew + good() + valid(hash), pinned()));
  for (const char* signature_class : {"01", "02", "10", "13", "18", "1F", "20", "30", "40", "50"})
    check_refused(kNew + good() + valid("10", signature_class), "bytes of a file");
}

TEST_CASE("Of several signatures one must be good and none bad") {
  const std::string one = kNew + good() + valid();
  const std::string bad = kNew + "[GNUPG:] BADSIG 36C2C0BA53A3CF84 List\n";
  const std::string unknown =
      kNew + "[GNUPG:] ERRSIG 0123 1 10 00 1793188800 9\n[GNUPG:] NO_PUBKEY 0123\n";
  const std::string weak = kNew + good() + valid("2");
  CHECK(judge_gpgv_status(one + one, pinned()));
  CHECK(judge_gpgv_status(one + unknown, pinned()));
  CHECK(judge_gpgv_status(unknown + one, pinned()));
  CHECK(judge_gpgv_status(weak + one, pinned()));
  check_refused(one + bad, "does not fit the file");
  check_refused(bad + one, "does not fit the file");
  check_refused(unknown + bad, "does not fit the file");
  check_refused(weak + unknown, "weak hash");
  check_refused(unknown + weak, "another key");
}

TEST_CASE("What a key calls itself is made printable and short") {
  const std::string status = kNew + "[GNUPG:] GOODSIG 36C2 \x1b[31mList\xC3\xB6\t" +
                             std::string(5000, 'x') + "\n" + valid();
  const auto verified = judge_gpgv_status(status, pinned());
  REQUIRE(verified);
  CHECK(verified->user_id.starts_with("?[31mList???xxx"));
  CHECK(verified->user_id.size() <= 200);
}

}  // namespace
}  // namespace tlspact

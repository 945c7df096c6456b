// SPDX-License-Identifier: MIT
#include "policy/policy_code.h"

#include <set>
#include <stdexcept>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

/// Policies that differ from each other in one field each.
std::vector<TlsPolicy> different_policies() {
  std::vector<TlsPolicy> out;
  for (const Level level : {Level::none, Level::may, Level::encrypt, Level::dane, Level::dane_only,
                            Level::fingerprint, Level::secure})
    out.push_back(policy(level));
  const auto add = [&](auto change) {
    TlsPolicy each = policy(Level::secure, {"mx.a.example"});
    change(each);
    out.push_back(each);
  };
  add([](TlsPolicy&) {});
  add([](TlsPolicy& p) { p.dane_where_present = true; });
  add([](TlsPolicy& p) { p.mx = mxs({"*.a.example"}); });
  add([](TlsPolicy& p) { p.mx = mxs({"mx.a.example", "mx.b.example"}); });
  add([](TlsPolicy& p) { p.mx = mxs({"mx.b.example", "mx.a.example"}); });
  add([](TlsPolicy& p) { p.certificate_names = mxs({"mx.a.example"}); });
  add([](TlsPolicy& p) { p.ca_file = "/ca.pem"; });
  add([](TlsPolicy& p) { p.client_certificate = "/ca.pem"; });
  add([](TlsPolicy& p) { p.client_key = "/ca.pem"; });
  add([](TlsPolicy& p) { p.pins = {Fingerprint{}}; });
  add([](TlsPolicy& p) { p.pins = {Fingerprint{.of = Fingerprint::Of::public_key}}; });
  add([](TlsPolicy& p) { p.min_tls = TlsVersion::tls1_0; });
  add([](TlsPolicy& p) { p.min_tls = TlsVersion::tls1_3; });
  add([](TlsPolicy& p) { p.ciphers = CipherGrade::medium; });
  add([](TlsPolicy& p) { p.ciphers = CipherGrade::high; });
  std::vector<std::string> hundred;
  for (int i = 0; i < 100; ++i)
    hundred.push_back("mx" + std::to_string(i) + "." + std::string(63, 'a') + "." +
                      std::string(63, 'b') + "." + std::string(63, 'c') + ".example");
  out.push_back(policy(Level::secure, hundred));
  return out;
}

}  // namespace

TEST_CASE("a policy comes back out of its code, and no two policies share one") {
  std::set<std::string> codes;
  for (const TlsPolicy& each : different_policies()) {
    const std::string code = encode_policy(each);
    CHECK(decode_policy(code) == each);
    CHECK(encode_policy(decode_policy(code)) == code);
    CHECK(policy_code_level(code) == each.level);
    CHECK(codes.insert(code).second);
  }
}

TEST_CASE("a usual policy is short") {
  TlsPolicy usual = policy(Level::secure, {"mx1.acme.example", "mx2.acme.example"});
  usual.min_tls = TlsVersion::tls1_2;
  CHECK(encode_policy(usual).size() < 45);
}

TEST_CASE("a code that is cut off or goes on is a broken invariant") {
  for (const TlsPolicy& each : different_policies()) {
    const std::string code = encode_policy(each);
    for (std::size_t size = 0; size < std::min<std::size_t>(code.size(), 60); ++size)
      CHECK_THROWS_AS(decode_policy(code.substr(0, size)), std::logic_error);
    CHECK_THROWS_AS(decode_policy(code + "x"), std::logic_error);
  }
}

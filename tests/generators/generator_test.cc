// SPDX-License-Identifier: MIT
/// Whole artifacts against golden files. To accept a change: TLSPACT_GOLDEN_WRITE=1 ctest.
#include "generators/generator.h"

#include <cstdlib>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"
#include "tests/support/rows.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

TlsPolicy secure_12(const std::vector<std::string>& mx_hosts) {
  TlsPolicy out = policy(Level::secure, mx_hosts);
  out.min_tls = TlsVersion::tls1_2;
  return out;
}

/// One entry of every kind.
Snapshot every_kind() {
  TlsPolicy own_ca = secure_12({"mx1.own-ca.example"});
  own_ca.ca_file = "/etc/ssl/own.pem";
  TlsPolicy named = secure_12({});
  named.certificate_names = mxs({"smtp.named.example"});
  TlsPolicy pinned = policy(Level::fingerprint);
  pinned.pins = {Fingerprint::parse("sha256:" + std::string(64, 'a')).value()};
  TlsPolicy both = secure_12({"mx1.both.example"});
  both.dane_where_present = true;
  TlsPolicy encrypt = policy(Level::encrypt);
  encrypt.min_tls = TlsVersion::tls1_2;
  SnapshotEntry published = entry("sts.example", secure_12({"*.sts.example"}), Source::mta_sts);
  published.policy_lines = std::make_shared<const std::string>(
      "version: STSv1\nmode: enforce\nmx: *.sts.example\nmax_age: 604800");
  return snapshot_of({
      entry(".sub.example", encrypt, Source::agreement),
      entry("[relay.example.org]:587", secure_12({}), Source::agreement),
      entry("both.example", both, Source::mta_sts),
      entry("dane-only.example", policy(Level::dane_only), Source::dane),
      entry("dane.example", policy(Level::dane), Source::dane),
      entry("encrypt.example", encrypt, Source::agreement),
      entry("listed.example", secure_12({"mx1.listed.example", "*.mail.listed.example"})),
      entry("may.example", policy(Level::may), Source::agreement),
      entry("named.example", named, Source::agreement),
      entry("none.example", policy(Level::none), Source::agreement),
      entry("own-ca.example", own_ca, Source::agreement),
      entry("pinned.example", pinned, Source::agreement),
      published,
  });
}

/// MTA-STS policies with lines that try to break the entry. tests/mta/test_lines.py hands the
/// golden file to Postfix and delivers by it.
Snapshot hostile_lines() {
  std::string many;
  for (int i = 0; i < 150; ++i)
    many += "x" + std::to_string(i) + ": " + std::string(200, 'y') + "\n";
  const std::vector<std::string> lines{"x: {",
                                       "x: }",
                                       "x: {a}",
                                       "x: } ciphers=null {",
                                       "x: } { policy_type = tlsa }",
                                       "{\n}",
                                       "x: \"a 'b\\",
                                       "x=y: =,=, \\} a",
                                       "= x",
                                       "x: \xC3\xA9\x01\x7F\ty",
                                       "# x\n$(x) ${x}",
                                       "hostname\nmatch=nexthop",
                                       " \n",
                                       ",\n,,",
                                       many};
  std::vector<SnapshotEntry> entries;
  for (const std::string& each : lines) {
    const std::string name = "policy" + std::to_string(10 + entries.size()) + ".lines.test";
    entries.push_back(entry(name, secure_12({"mx.lines.test"}), Source::mta_sts));
    entries.back().policy_lines = std::make_shared<const std::string>(each);
  }
  return snapshot_of(std::move(entries));
}

GeneratorSettings settings(const std::string& version) {
  GeneratorSettings out;
  out.postfix.map = "/maps/tls_policy";
  out.postfix.types = {TableType::texthash};
  out.postfix.options.version = PostfixVersion::parse(version).value();
  out.exim.map = "/maps/tls_policy.cdb";
  return out;
}

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path{TLSPACT_GOLDEN} / name;
  if (std::getenv("TLSPACT_GOLDEN_WRITE") != nullptr) write(file, text);
  INFO(name);
  CHECK(read(file) == text);
}

std::string table_text(const Generated& generated) {
  std::string text = "# Written by tlspact, which writes it anew: do not edit.\n";
  for (const Row& row : rows_of(generated.artifacts.at(0)))
    text += row.key + " " + row.value + "\n";
  return text;
}

}  // namespace

TEST_CASE("the Postfix map of every kind of entry, for each version") {
  const Snapshot snapshot = every_kind();
  for (const std::string version : {"3.3.0", "3.5.0", "3.7.11", "3.10.3", "3.10.13"})
    check_golden("postfix/tls_policy-" + version,
                 table_text(render_postfix(snapshot, settings(version))));
}

TEST_CASE("the Postfix map of policies with hostile lines") {
  check_golden("postfix/hostile_lines-3.10.13",
               table_text(render_postfix(hostile_lines(), settings("3.10.13"))));
}

TEST_CASE("the Exim map of every kind of entry") {
  const Snapshot snapshot = every_kind();
  const Generated generated = render_exim(snapshot, settings("3.7.11"));
  check_golden("exim/tls_policy-gnutls", table_text(generated));
  GeneratorSettings openssl = settings("3.7.11");
  openssl.exim.options.tls_library = TlsLibrary::openssl;
  check_golden("exim/tls_policy-openssl", table_text(render_exim(snapshot, openssl)));
  CHECK(generated.artifacts.at(1).path == "/maps/no_ca.pem");
}

TEST_CASE("in Exim a pattern does not answer for the domain itself") {
  const Snapshot snapshot =
      snapshot_of({entry(".acme.example", policy(Level::encrypt), Source::agreement),
                   entry(".b.acme.example", policy(Level::dane_only), Source::agreement)});
  const Rows rows = rows_of(render_exim(snapshot, settings("3.7.11")).artifacts.at(0));
  CHECK(rows == Rows{{".acme.example", "level=encrypt"},
                     {".b.acme.example", "level=dane-only"},
                     {"acme.example", "level=default"},
                     {"b.acme.example", "level=encrypt"}});
}

TEST_CASE("in Postfix a pattern has no entry for the domain itself") {
  const Snapshot snapshot =
      snapshot_of({entry(".acme.example", policy(Level::encrypt), Source::agreement)});
  CHECK(rows_of(render_postfix(snapshot, settings("3.7.11")).artifacts.at(0)).size() == 1);
}

TEST_CASE("one artifact for each table type, with its extension") {
  GeneratorSettings all = settings("3.7.11");
  all.postfix.types = {TableType::cdb, TableType::lmdb, TableType::hash, TableType::texthash};
  std::vector<std::string> paths;
  const Snapshot snapshot = every_kind();
  for (const Artifact& artifact : render_postfix(snapshot, all).artifacts)
    paths.push_back(artifact.path.string());
  CHECK(paths == std::vector<std::string>{"/maps/tls_policy.cdb", "/maps/tls_policy.lmdb",
                                          "/maps/tls_policy.db", "/maps/tls_policy",
                                          "/maps/tls_inbound_networks",
                                          "/maps/tls_inbound_senders"});
}

TEST_CASE("the same snapshot gives the same artifacts") {
  const Snapshot one = every_kind();
  const Snapshot other = every_kind();
  CHECK(table_text(render_postfix(one, settings("3.10.13"))) ==
        table_text(render_postfix(other, settings("3.10.13"))));
}

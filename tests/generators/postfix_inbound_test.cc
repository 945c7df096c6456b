// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_inbound.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "generators/postfix/postfix_inbound_grammar.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"
#include "tests/support/rows.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

GeneratorSettings::Postfix settings(std::vector<TableType> types = {TableType::cdb}) {
  GeneratorSettings::Postfix out;
  out.map = "/maps/tls_policy";
  out.types = std::move(types);
  return out;
}

Snapshot every_kind() {
  Snapshot out;
  out.inbound = {
      inbound("Acme Bank", {"192.0.2.0/24", "2001:db8:1::/48"}, {"acme.example"}),
      inbound("Clinic", {"192.0.2.128/25", "198.51.100.0/24"}, {"clinic.example"},
              {pin('a'), pin('b', "spki-sha256"), pin('a', "spki-sha256")}),
      inbound("Works", {"203.0.113.7", "198.51.100.0/24"}, {"xn--wrks-5qa.example"}, {pin('c')}),
  };
  return out;
}

const Artifact& artifact(const Generated& generated, const std::string& path) {
  const auto found =
      std::ranges::find(generated.artifacts, std::filesystem::path{path}, &Artifact::path);
  REQUIRE(found != generated.artifacts.end());
  return *found;
}

std::string text_of(const Artifact& artifact) {
  if (artifact.table() != nullptr) {
    std::string text = "# Written by tlspact, which writes it anew: do not edit.\n";
    for (const Row& row : rows_of(artifact))
      text += row.key + " " + row.value + "\n";
    return text;
  }
  return std::get<std::string>(artifact.content);
}

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path{TLSPACT_GOLDEN} / "postfix" / name;
  if (std::getenv("TLSPACT_GOLDEN_WRITE") != nullptr) write(file, text);
  INFO(name);
  CHECK(read(file) == text);
}

}  // namespace

TEST_CASE("Postfix's inbound tables of every kind of agreement") {
  const Generated generated = render_postfix_inbound(every_kind(), settings());
  std::vector<std::string> paths;
  for (const Artifact& each : generated.artifacts) {
    paths.push_back(each.path.string());
    check_golden(each.path.stem().string(), text_of(each));
  }
  CHECK(paths == std::vector<std::string>{"/maps/tls_inbound_networks", "/maps/tls_inbound_senders",
                                          "/maps/tls_inbound_ccert_clinic.cdb",
                                          "/maps/tls_inbound_ccert_works.cdb",
                                          "/maps/tls_inbound_ccert_shared.cdb"});
}

TEST_CASE("Postfix's inbound settings of every kind of agreement") {
  std::string text;
  for (const PostfixSetting& each : postfix_inbound_settings(every_kind().inbound, settings())) {
    constexpr std::array kHow{"set", "if_empty", "append", "prepend"};
    text += std::string{kHow.at(static_cast<std::size_t>(each.how))} + " " + each.name + " = " +
            each.value + "\n";
    CHECK_FALSE(each.why.empty());
    CHECK_FALSE((each.value + each.why).contains('\n'));
  }
  check_golden("inbound_settings", text);
}

TEST_CASE("without agreements the files are there, and nothing is set") {
  const Generated generated = render_postfix_inbound({}, settings());
  REQUIRE(generated.artifacts.size() == 2);
  for (const Artifact& each : generated.artifacts) {
    CHECK(each.rows == 0);
    CHECK(text_of(each).starts_with("# "));
  }
  CHECK(postfix_inbound_settings({}, settings()).empty());
}

TEST_CASE("agreements on TLS alone ask no client for a certificate") {
  Snapshot snapshot;
  snapshot.inbound = {inbound("Acme", {"192.0.2.0/24"})};
  for (const PostfixSetting& each : postfix_inbound_settings(snapshot.inbound, settings())) {
    CHECK(each.name != "smtpd_tls_ask_ccert");
    CHECK(each.name != "smtpd_restriction_classes");
  }
}

TEST_CASE("a row names a class only if Postfix knows it as it must be") {
  GeneratorSettings::Postfix postfix = settings();
  postfix.options.restriction_classes = {
      {"tlspact_clinic", postfix_class_value("clinic", postfix)},
      {"tlspact_works", "permit"},
  };
  const Generated generated = render_postfix_inbound(every_kind(), postfix);
  const std::string networks = text_of(artifact(generated, "/maps/tls_inbound_networks"));
  CHECK(networks.contains("192.0.2.128/25 tlspact_clinic\n"));
  CHECK(networks.contains("203.0.113.7/32 reject_plaintext_session\n"));
  CHECK(networks.contains("198.51.100.0/24 reject_plaintext_session\n"));
  std::vector<std::string> alerted;
  for (const Notice& each : generated.notices) {
    if (each.severity != Severity::alert) continue;
    CHECK(each.text.contains("tlspact init --apply"));
    alerted.push_back(each.subject);
  }
  std::ranges::sort(alerted);
  CHECK(alerted == std::vector<std::string>{"Clinic", "Works", "Works"});
  // The tables are written all the same, so that init names files that are there.
  CHECK(rows_of(artifact(generated, "/maps/tls_inbound_ccert_works.cdb")).size() == 1);
}

TEST_CASE("a certificate table comes in every type, its class names the first") {
  const GeneratorSettings::Postfix postfix = settings({TableType::texthash, TableType::hash});
  Snapshot snapshot;
  snapshot.inbound = {inbound("Acme", {"192.0.2.0/24"}, {}, {pin('a')})};
  const Generated generated = render_postfix_inbound(snapshot, postfix);
  CHECK(artifact(generated, "/maps/tls_inbound_ccert_acme").needs_reload(true));
  CHECK_FALSE(artifact(generated, "/maps/tls_inbound_ccert_acme.db").needs_reload(false));
  CHECK(postfix_class_value("acme", postfix).contains("texthash:/maps/tls_inbound_ccert_acme,"));
}

TEST_CASE("a table of networks needs a reload when it changes, not when it first comes empty") {
  const Artifact empty = render_postfix_inbound({}, settings()).artifacts.at(0);
  CHECK_FALSE(empty.needs_reload(true));
  CHECK(empty.needs_reload(false));
  CHECK(render_postfix_inbound(every_kind(), settings()).artifacts.at(0).needs_reload(true));
}

TEST_CASE("the reader of network lines refuses what Postfix would take otherwise") {
  CHECK(read_postfix_network_line("192.0.2.0/24 tlspact_a_2").value().action == "tlspact_a_2");
  CHECK(read_postfix_network_line("::/0 reject_plaintext_session").has_value());
  for (const char* line :
       {"", "192.0.2.0/24", " 192.0.2.0/24 tlspact_a", "192.0.2.1/24 tlspact_a",
        "192.0.2.0/24  tlspact_a", "192.0.2.0/24 tlspact_", "192.0.2.0/24 tlspact_A",
        "192.0.2.0/24 OK", "192.0.2.0/24 tlspact_a, permit", "192.0.2.0/24 tlspact_a\npermit",
        "# reject_plaintext_session", "!192.0.2.0/24 tlspact_a", "if 192.0.2.0/24"}) {
    INFO(line);
    CHECK_FALSE(read_postfix_network_line(line).has_value());
  }
}

TEST_CASE("the reader of sender lines refuses what Postfix would take otherwise") {
  CHECK(read_postfix_sender_line("/@a-1\\.example\\.?$/ tlspact_a").value().domain ==
        domain("a-1.example"));
  for (const char* line :
       {"/@a.example\\.?$/ tlspact_a", "/@a\\.example$/ tlspact_a", "/a\\.example\\.?$/ tlspact_a",
        "/@.*\\.?$/ tlspact_a", "/@\\.?$/ tlspact_a", "/@a\\.example\\.?$/i tlspact_a",
        "/@a\\.exa/mple\\.?$/ tlspact_a", "/@a\\.example\\.?$/ REJECT", "/@a\\\\.?$/ tlspact_a"}) {
    INFO(line);
    CHECK_FALSE(read_postfix_sender_line(line).has_value());
  }
}

TEST_CASE("the reader of fingerprints wants 32 lower-case bytes") {
  std::string good;
  for (int i = 0; i < 32; ++i)
    good += i == 0 ? "0f" : ":a9";
  CHECK(check_postfix_fingerprint(good).has_value());
  CHECK_FALSE(check_postfix_fingerprint("").has_value());
  CHECK_FALSE(check_postfix_fingerprint(good + ":00").has_value());
  CHECK_FALSE(check_postfix_fingerprint(good.substr(3)).has_value());
  good[0] = 'F';
  CHECK_FALSE(check_postfix_fingerprint(good).has_value());
}

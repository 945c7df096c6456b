// SPDX-License-Identifier: MIT
#include "daemon/control/inbound_agreements.h"
#include "daemon/control/wiring/exim_inbound_wiring.h"
#include "daemon/control/wiring/postfix_inbound_wiring.h"
#include "generators/exim/exim_inbound.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

using namespace tlspact;

namespace {

std::string text_of(const Findings& findings) {
  std::string out;
  for (const Finding& each : findings)
    out += each.subject + ": " + each.text + " => " + each.remedy + "\n";
  return out;
}

/// An instance in which nothing is amiss, with agreements of either kind.
struct Server {
  TempDirectory directory = TempDirectory::make().value();
  PostfixInstance instance;
  PostfixExpectation expected;

  Server() {
    expected.settings.map = directory.path() / "tls_policy";
    expected.settings.types = {TableType::cdb};
    expected.inbound = {
        test::inbound("Acme", {"192.0.2.0/24"}, {"acme.example"}),
        test::inbound("Clinic", {"198.51.100.0/24"}, {}, {test::pin('a')}),
    };
    for (const auto& file : postfix_inbound_files(expected.inbound, expected.settings))
      test::write(file, "x");
    test::write(directory.path() / "cert.pem", "x");
    instance.parameters = {
        {"smtpd_delay_reject", "yes"},
        {"smtpd_tls_security_level", "may"},
        {"smtpd_tls_cert_file", (directory.path() / "cert.pem").string()},
        {"smtpd_client_restrictions", postfix_client_restriction(expected.settings)},
        {"smtpd_sender_restrictions", postfix_sender_restriction(expected.settings) + ", permit"},
        {"smtpd_tls_ask_ccert", "yes"},
        {"smtpd_tls_fingerprint_digest", "sha256"},
        {"smtpd_restriction_classes", "mine, tlspact_clinic"},
        {"tlspact_clinic", postfix_class_value("clinic", expected.settings)}};
    instance.services = {{"smtp", "inet", true, "smtpd", {}},
                         {"submission", "inet", true, "smtpd", {}}};
    instance.table_types = {"cdb", "cidr", "regexp"};
  }

  [[nodiscard]] std::string said() const { return text_of(check_inbound(instance, expected)); }
};

}  // namespace

TEST_CASE("a Postfix that enforces agreements on mail to us has no findings") {
  CHECK(Server{}.said().empty());
}

TEST_CASE("each parameter that agreements on mail to us need") {
  struct Row {
    const char* name;
    const char* value;
    const char* says;
  };
  const Row row = GENERATE(values<Row>({
      {"smtpd_delay_reject", "no", "before STARTTLS"},
      {"smtpd_tls_security_level", "", "is not set"},
      {"smtpd_tls_security_level", "none", "is none"},
      {"smtpd_tls_cert_file", "", "has no certificate"},
      {"smtpd_tls_cert_file", "none", "has no certificate"},
      {"smtpd_tls_cert_file", "/nonexistent", "/nonexistent does not exist"},
      {"smtpd_tls_chain_files", "/nonexistent", "/nonexistent does not exist"},
      {"smtpd_client_restrictions", "permit", "does not ask the inbound table"},
      {"smtpd_sender_restrictions", "", "does not ask the inbound table"},
      {"smtpd_tls_ask_ccert", "no", "no client shows"},
      {"smtpd_tls_fingerprint_digest", "md5", "is recognized"},
      {"smtpd_restriction_classes", "tlspact_clinic_2", "does not name tlspact_clinic"},
      {"tlspact_clinic", "permit", "is not what tlspact made it"},
  }));
  INFO(row.name << " = " << row.value);
  Server server;
  server.instance.parameters[row.name] = row.value;
  CHECK(server.said().contains(row.says));
  SECTION("at a service of its own") {
    Server other;
    other.instance.services[0].overrides[row.name] = row.value;
    CHECK(other.said().contains("master.cf, smtp/inet: "));
  }
  SECTION("submission is for people") {
    Server other;
    other.instance.services[1].overrides[row.name] = row.value;
    CHECK(other.said().empty());
  }
  SECTION("mail of nobody else is taken") {
    server.instance.parameters["master_service_disable"] = "inet";
    CHECK(server.said().empty());
  }
  SECTION("without such agreements") {
    server.expected.inbound.clear();
    CHECK(server.said().empty());
  }
}

TEST_CASE("TLS by the parameters of before Postfix 2.3, and a chain file") {
  Server server;
  server.instance.parameters["smtpd_tls_security_level"] = "";
  server.instance.parameters["smtpd_use_tls"] = "yes";
  server.instance.parameters["smtpd_tls_chain_files"] =
      (server.directory.path() / "cert.pem").string();
  server.instance.parameters["smtpd_tls_cert_file"] = "/nonexistent";
  CHECK(server.said().empty());
}

TEST_CASE("types of tables that this Postfix does not have") {
  Server server;
  server.instance.table_types = {"cdb", "hash"};
  CHECK(server.said().contains("cannot read tables of type cidr"));
  CHECK(server.said().contains("cannot read tables of type regexp"));
}

TEST_CASE("rows that ask for TLS alone where a certificate is agreed") {
  Server server;
  const auto files = postfix_inbound_files(server.expected.inbound, server.expected.settings);
  test::write(files.front(), "# head\n198.51.100.0/24 reject_plaintext_session\n");
  CHECK(server.said().contains("198.51.100.0/24: "));
  test::write(files.front(), "# head\n198.51.100.0/24 tlspact_clinic\n");
  CHECK(server.said().empty());
}

TEST_CASE("Exim is asked for an ACL, STARTTLS, certificates and lists only where it is agreed") {
  const TempDirectory directory = TempDirectory::make().value();
  EximMachine machine;
  EximExpectation expected;
  expected.settings.map = directory.path() / "tls_policy.cdb";
  CHECK(check_exim_inbound(machine, expected).empty());
  expected.inbound = {test::inbound("Acme", {"192.0.2.0/24"})};
  CHECK_FALSE(text_of(check_exim_inbound(machine, expected)).contains("+tlspact_asked"));
  expected.inbound = {test::inbound("Key", {"192.0.2.0/24"}, {}, {test::pin('a', "spki-sha256")})};
  CHECK_FALSE(text_of(check_exim_inbound(machine, expected)).contains("+tlspact_asked"));
  expected.inbound = {test::inbound("Clinic", {"192.0.2.0/24"}, {}, {test::pin('a')})};
  CHECK(text_of(check_exim_inbound(machine, expected)).contains("+tlspact_asked"));
  for (const auto& list : exim_inbound_paths(expected.settings.map))
    test::write(list, "x");
  machine.inbound = {{"acl_smtp_mail", "tlspact_check_mail"},
                     {"tls_advertise_hosts", "*"},
                     {"tls_certificate", "${if exists{/x}{/x}fail}"},
                     {"tls_try_verify_hosts", "+tlspact_asked : +tlspact_asked_before"}};
  CHECK(text_of(check_exim_inbound(machine, expected)).empty());
}

TEST_CASE("agreements on mail to us as the directory has them now") {
  const TempDirectory directory = TempDirectory::make().value();
  Config config;
  config.agreements.directory = directory.path().string();
  const std::string head = "[[agreement]]\npartner = \"P\"\nlevel = \"encrypt\"\n";
  const std::string inbound = "[agreement.inbound]\nnetworks = [\"192.0.2.0/24\"]\n";
  test::write(directory.path() / "b.toml", head + "domains = [\"b.example\"]\n" + inbound);
  test::write(directory.path() / "a.toml", head + "domains = [\"a.example\"]\n");
  test::write(directory.path() / "c.toml",
              head + "domains = [\"c.example\"]\nexpires = 2020-01-01\n" + inbound);
  test::write(directory.path() / "d.toml", head + "domains = [\"b.example\"]\n" + inbound);
  test::write(directory.path() / "e.toml", "nonsense");
  const InboundDirectory read =
      read_inbound_agreements(config, parse_rfc3339("2026-06-01T00:00:00Z").value());
  REQUIRE(read.agreements.size() == 1);
  CHECK(read.agreements.front()->domains.front().key.text() == "b.example");
  REQUIRE(read.refused.size() == 2);
  CHECK(text_of(read.refused).contains("d.toml"));
  CHECK(text_of(read.refused).contains("e.toml"));
}

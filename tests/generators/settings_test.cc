// SPDX-License-Identifier: MIT
#include "generators/settings.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;

namespace {

std::vector<SettingsFile> settings_for(const std::string& version,
                                       const InboundAgreements& inbound = {}) {
  GeneratorSettings settings;
  settings.postfix.map = "/maps/postfix/tls_policy";
  settings.postfix.types = {TableType::cdb};
  settings.postfix.options.version = PostfixVersion::parse(version).value();
  settings.exim.map = "/maps/exim/tls_policy.cdb";
  return mta_settings(settings, "/etc/ssl/ca.pem", inbound);
}

const SettingsFile& file(const std::vector<SettingsFile>& files, const std::string& path) {
  const auto found = std::ranges::find(files, std::filesystem::path{path}, &SettingsFile::path);
  REQUIRE(found != files.end());
  return *found;
}

}  // namespace

TEST_CASE("the lines for main.cf name the map, the CA store and the digest") {
  const std::string text = file(settings_for("3.7.11"), "/etc/postfix/tlspact.main.cf").text;
  CHECK(text.contains("\nsmtp_tls_policy_maps = cdb:/maps/postfix/tls_policy\n"));
  CHECK(text.contains("\nsmtp_tls_CAfile = /etc/ssl/ca.pem\n"));
  CHECK(text.contains("\nsmtp_tls_fingerprint_digest = sha256\n"));
  CHECK_FALSE(text.contains("tls_required_enable"));
}

TEST_CASE("from 3.10 the TLS-Required header is refused its power") {
  CHECK(file(settings_for("3.10.13"), "/etc/postfix/tlspact.main.cf")
            .text.contains("\ntls_required_enable = no\n"));
}

TEST_CASE("Exim's pieces come for Debian's split configuration and for a single file") {
  const auto files = settings_for("3.7.11");
  CHECK(file(files, "/etc/exim4/conf.d/main/000_tlspact_macros")
            .text.contains("/maps/exim/tls_policy.cdb"));
  CHECK(file(files, "/etc/exim4/tlspact/main").text.contains("/maps/exim/no_ca.pem"));
  for (const char* path :
       {"/etc/exim4/conf.d/acl/50_tlspact", "/etc/exim4/conf.d/router/190_tlspact",
        "/etc/exim4/conf.d/transport/25_tlspact", "/etc/exim4/tlspact/acl",
        "/etc/exim4/tlspact/routers", "/etc/exim4/tlspact/transports"})
    CHECK_FALSE(file(files, path).text.empty());
}

TEST_CASE("without agreements on it, mail to us is left alone") {
  for (const SettingsFile& each : settings_for("3.7.11")) {
    CHECK_FALSE(each.path.string().contains("inbound"));
    CHECK_FALSE(each.text.contains("smtpd_"));
  }
}

TEST_CASE("the lines for main.cf of agreements on mail to us") {
  const auto files = settings_for("3.7.11", {test::inbound("Acme", {"192.0.2.0/24"})});
  const std::string text = file(files, "/etc/postfix/tlspact.main.cf").text;
  CHECK(
      text.contains("\nsmtpd_client_restrictions = check_client_access "
                    "cidr:/maps/postfix/tls_inbound_networks\n"));
  CHECK(text.contains("\nsmtpd_sender_restrictions = "));
}

TEST_CASE("Exim's pieces for mail that comes in name the lists beside the map") {
  const auto files = settings_for("3.7.11", {test::inbound("Acme", {"192.0.2.0/24"})});
  const std::string debian = file(files, "/etc/exim4/conf.d/main/000_tlspact_inbound").text;
  CHECK(debian.contains("\nTLSPACT_IN_NETWORKS = /maps/exim/tls_inbound_networks\n"));
  CHECK(debian.contains("\nTLSPACT_IN_ASKED = /maps/exim/tls_inbound_ccert\n"));
  CHECK(debian.contains("MAIN_ACL_CHECK_MAIL"));
  const std::string single = file(files, "/etc/exim4/tlspact/inbound_main").text;
  CHECK(single.contains("\nacl_smtp_mail = tlspact_check_mail\n"));
  CHECK_FALSE(single.contains("MAIN_"));
  for (const char* path :
       {"/etc/exim4/conf.d/acl/51_tlspact_inbound", "/etc/exim4/tlspact/inbound_acl"})
    CHECK(file(files, path).text.contains("\ntlspact_check_mail:\n"));
}

TEST_CASE("no template tag is left in any of them") {
  for (const SettingsFile& each :
       settings_for("3.10.13", {test::inbound("Acme", {"192.0.2.0/24"})})) {
    INFO(each.path.string());
    CHECK_FALSE(each.text.contains("<%"));
    CHECK_FALSE(each.text.contains("%>"));
  }
}

// SPDX-License-Identifier: MIT
#include "generators/postfix/postconf_text.h"

#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("postconf prints name = value; what is no such line gives nothing") {
  const auto values = parse_postconf(
      "smtp_tls_CAfile =\nrelayhost = [a.test]:587\nmaps = inline:{ {a=b} }, c\n"
      "postconf: warning: foo: unknown parameter\n\n");
  CHECK(values.size() == 3);
  CHECK(values.at("smtp_tls_CAfile").empty());
  CHECK(values.at("relayhost") == "[a.test]:587");
  CHECK(values.at("maps") == "inline:{ {a=b} }, c");
}

TEST_CASE("master.cf: services with their chroot, program and overrides") {
  const auto services = parse_master_cf(
      "smtp       inet  n       -       y       -       -       smtpd\n"
      "smtp       unix  -       -       -       -       -       smtp\n"
      "relay      unix  -       -       n       -       -       smtp -o "
      "syslog_name=postfix/$service_name\n"
      "    -o smtp_helo_timeout=5\n"
      "# a comment\n"
      "too short\n",
      "relay/unix/syslog_name = postfix/$service_name\n"
      "relay/unix/smtp_tls_security_level = none\n"
      "gone/unix/x = y\n",
      false);
  REQUIRE(services.size() == 3);
  CHECK(services[0].text() == "smtp/inet");
  CHECK(services[0].chrooted);
  CHECK(services[0].program == "smtpd");
  CHECK_FALSE(services[1].chrooted);
  CHECK(services[2].overrides.at("smtp_tls_security_level") == "none");
  CHECK(services[2].overrides.size() == 2);
  CHECK(services[1].overrides.empty());
  CHECK(parse_master_cf("smtp unix - - - - - smtp\n", "", true)[0].chrooted);
}

TEST_CASE("postmulti -l: name, group, enabled, directory") {
  const auto instances = parse_postmulti(
      "-               -               y         /etc/postfix\n"
      "postfix-out     out             n         /etc/postfix-out\n\n");
  REQUIRE(instances.size() == 2);
  CHECK(instances[0].enabled);
  CHECK(instances[0].config_dir == "/etc/postfix");
  CHECK_FALSE(instances[1].enabled);
  CHECK(instances[1].name == "postfix-out");
}

TEST_CASE("a list is split at commas and white space, but not within braces") {
  CHECK(split_postfix_list("a,b  c\t,\n d") == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(split_postfix_list("a, inline:{ x=y, z=w }") ==
        std::vector<std::string>{"a", "inline:{ x=y, z=w }"});
  CHECK(split_postfix_list(" , ").empty());
}

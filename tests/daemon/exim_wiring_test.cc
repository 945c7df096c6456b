// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/exim_wiring.h"

#include "daemon/control/init/init_plan.h"
#include "daemon/sources/agreement_parser.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;

namespace {

/// A Debian machine in which nothing is amiss but for the note on what comes before.
struct Machine {
  TempDirectory directory = TempDirectory::make().value();
  EximMachine machine;
  EximExpectation expected;
  std::vector<EximRoute> routes{{"postmaster@acme.example", "tlspact_mx", "tlspact_smtp", {}}};

  Machine() {
    const std::string map = (directory.path() / "tls_policy.cdb").string();
    test::write(map, "x");
    test::write(directory.path() / "no_ca.pem", "x");
    machine.layout = EximMachine::Layout::debian_split;
    machine.answers = {{"dc_eximconfig_configtype", "internet"}};
    machine.routers = {"tlspact_unsigned_mx", "tlspact_mx", "dnslookup"};
    machine.our_router = {{"domains", "partial1(.)cdb;" + map + " : *"}};
    machine.our_transport = {{"multi_domain", "no"},
                             {"connection_max_messages", "1"},
                             {"event_action", "${acl{tlspact_event}}"}};
    expected.settings.map = map;
    expected.agreements = parse_agreements(
                              "[[agreement]]\npartner = \"P\"\nlevel = \"encrypt\"\n"
                              "domains = [\"acme.example\", \".b.example\", "
                              "\"[r.example]\"]\n",
                              "a.toml")
                              .value();
    expected.routes = [this](const std::vector<std::string>& addresses) {
      asked = addresses;
      return Result<std::vector<EximRoute>>{routes};
    };
  }

  std::string said() {
    std::string out;
    for (const Finding& each : exim_wiring(machine, expected))
      out += each.subject + ": " + each.text + " => " + each.remedy + "\n";
    return out;
  }

  std::vector<std::string> asked;
};

}  // namespace

TEST_CASE("an Exim in order has no finding, and is asked about domains and patterns only") {
  Machine machine;
  CHECK(machine.said() == "");
  CHECK(machine.asked ==
        std::vector<std::string>{"postmaster@acme.example", "postmaster@tlspact-check.b.example"});
}

TEST_CASE("a domain that another router or transport takes") {
  Machine machine;
  machine.routes[0].router = "mine";
  CHECK(machine.said().contains("the router mine takes its mail"));
  machine.routes[0] = {"postmaster@acme.example", "tlspact_mx", "remote_smtp", {}};
  CHECK(machine.said().contains("by the transport remote_smtp"));
}

TEST_CASE("the router of unsigned MX answers is one of ours, and is missed") {
  Machine machine;
  machine.routes[0].router = "tlspact_unsigned_mx";
  CHECK(machine.said() == "");
  machine.machine.routers = {"tlspact_mx", "dnslookup"};
  CHECK(machine.said().contains("routers of an earlier version"));
}

TEST_CASE("a domain whose MX hosts the policy refuses is routed by us; one without DNS is a note") {
  Machine machine;
  machine.routes[0] = {"postmaster@acme.example", "", "",
                       "cannot be resolved at this time: no MX host of acme.example is allowed by "
                       "its TLS policy"};
  CHECK(machine.said() == "");
  machine.routes[0].said = "cannot be resolved at this time: host lookup did not complete";
  const Findings findings = exim_wiring(machine.machine, machine.expected);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::note);
}

TEST_CASE("a smart host without agreements is a note, with them a warning") {
  Machine machine;
  machine.machine.answers["dc_eximconfig_configtype"] = "satellite";
  CHECK(exim_wiring(machine.machine, machine.expected).at(0).severity == Severity::warning);
  machine.expected.agreements.clear();
  CHECK(exim_wiring(machine.machine, machine.expected).at(0).severity == Severity::note);
}

TEST_CASE("init leaves an Exim that is no internet site alone, and says what is to be done") {
  InitPlan plan{.exim = Machine{}.machine};
  plan.exim->answers["dc_eximconfig_configtype"] = "local";
  REQUIRE(plan_exim({{"/etc/exim4/conf.d/main/0", "x", "y"}}, plan));
  CHECK(plan.changes.empty());
  CHECK_FALSE(plan.is_whole());
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].text.contains("\"local\""));
  CHECK(plan.findings[0].remedy.contains("dpkg-reconfigure exim4-config"));
}

TEST_CASE("passwords in clear: servers only, and not where TLS is looked at") {
  Machine machine;
  machine.machine.auth_advertise_hosts = "*";
  machine.machine.authenticators["client"] = {{"driver", "plaintext"}, {"client_send", "x"}};
  CHECK(machine.said() == "");
  machine.machine.authenticators["mine"] = {{"driver", "plaintext"}, {"server_condition", "yes"}};
  CHECK(machine.said().contains("the authenticator mine is offered without TLS"));
  machine.machine.auth_advertise_hosts = "${if eq{$tls_in_cipher}{}{}{*}}";
  CHECK(machine.said() == "");
  machine.machine.auth_advertise_hosts = "*";
  machine.machine.authenticators["mine"]["server_advertise_condition"] =
      "${if eq{$tls_cipher}{}{}{*}}";
  CHECK(machine.said() == "");
}

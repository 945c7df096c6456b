// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/postfix_wiring.h"

#include <algorithm>

#include "daemon/control/wiring/postfix_routing.h"
#include "daemon/sources/agreement_parser.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace tlspact;

namespace {

/// An instance in which nothing is amiss, with one agreement on acme.example.
struct Machine {
  TempDirectory directory = TempDirectory::make().value();
  PostfixInstance instance;
  PostfixExpectation expected;
  std::map<std::string, std::string> table;  ///< "TABLE KEY" -> value

  Machine() {
    const std::string map = (directory.path() / "tls_policy").string();
    test::write(map + ".cdb", "x");
    test::write(directory.path() / "ca.pem", "x");
    instance.parameters = {{"queue_directory", (directory.path() / "queue").string()},
                           {"default_transport", "smtp"},
                           {"smtp_tls_policy_maps", "cdb:" + map},
                           {"smtp_tls_security_level", "may"},
                           {"smtp_tls_CAfile", (directory.path() / "ca.pem").string()},
                           {"smtp_tls_fingerprint_digest", "sha256"}};
    instance.services = {{"smtp", "unix", true, "smtp", {}},
                         {"relay", "unix", true, "smtp", {}},
                         {"smtp", "inet", true, "smtpd", {}},
                         {"lmtp", "unix", true, "lmtp", {}}};
    expected.ca_file = (directory.path() / "ca.pem").string();
    expected.settings.map = map;
    expected.settings.types = {TableType::cdb};
    expected.query = [this](const std::string& key,
                            const std::string& name) -> Result<std::optional<std::string>> {
      if (name == "broken:" || name.contains(":9:")) return fail(Errc::io, "no such table");
      const auto found = table.find(name + " " + key);
      return found == table.end() ? std::nullopt : std::optional{found->second};
    };
    agree("domains = [\"acme.example\"]\nlevel = \"encrypt\"\n");
  }

  void agree(const std::string& lines) {
    const auto parsed = parse_agreements("[[agreement]]\npartner = \"P\"\n" + lines, "a.toml");
    REQUIRE(parsed);
    std::ranges::copy(*parsed, std::back_inserter(expected.agreements));
  }

  [[nodiscard]] std::string said() const {
    std::string out;
    for (const Finding& each : postfix_wiring(instance, expected))
      out += each.subject + ": " + each.text + " => " + each.remedy + "\n";
    return out;
  }
};

bool contains(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.contains(part);
}

}  // namespace

TEST_CASE("a machine in order has no finding") {
  CHECK(Machine{}.said().empty());
}

TEST_CASE("proxy: before our map is our map") {
  Machine machine;
  machine.instance.parameters["smtp_tls_policy_maps"].insert(0, "proxy:");
  CHECK(machine.said().empty());
}

TEST_CASE("a socketmap that nobody answers defers mail; one that answers is in order") {
  Machine machine;
  machine.expected.live = "inet:127.0.0.1:8642";
  std::string& tables = machine.instance.parameters["smtp_tls_policy_maps"];
  const std::string map = tables;
  tables = map + ", socketmap:inet:127.0.0.1:8642:postfix";
  CHECK(machine.said().empty());
  tables = map + ", proxy:socketmap:inet:127.0.0.1:9:postfix";
  CHECK(contains(machine.said(), "nobody answers at socketmap:inet:127.0.0.1:9:postfix"));
  CHECK(contains(machine.said(), "which is not [live] socketmap (inet:127.0.0.1:8642)"));
}

TEST_CASE("a legacy parameter that asks for TLS counts where there is no level") {
  Machine machine;
  machine.instance.parameters["smtp_tls_security_level"] = "";
  CHECK(contains(machine.said(), "smtp_tls_security_level is not set"));
  machine.instance.parameters["smtp_enforce_tls"] = "yes";
  CHECK(machine.said().empty());
}

TEST_CASE("a service that does not send by SMTP may override what it likes") {
  Machine machine;
  machine.instance.services[3].overrides["smtp_tls_security_level"] = "none";
  CHECK(machine.said().empty());
  machine.instance.services[1].overrides["smtp_tls_security_level"] = "none";
  CHECK(contains(machine.said(), "postconf -PX 'relay/unix/smtp_tls_security_level'"));
}

TEST_CASE("a CA file is only recommended where it is there") {
  Machine machine;
  machine.instance.parameters["smtp_tls_CAfile"] = "/nonexistent";
  CHECK(contains(machine.said(), "=> postconf -e 'smtp_tls_CAfile = " + machine.expected.ca_file));
  machine.expected.ca_file = "/nonexistent";
  CHECK(contains(machine.said(), "=> put the CA file at /nonexistent ([tls] ca_file), then "));
}

TEST_CASE("an exception is nothing that must wait") {
  Machine machine;
  machine.instance.parameters["tls_required_enable"] = "yes";
  CHECK(contains(machine.said(), "tls_required_enable is yes"));
  machine.expected.agreements.clear();
  machine.agree(
      "domains = [\"old.example\"]\nlevel = \"may\"\nexception = true\nreason = \"r\"\n"
      "expires = 2099-01-01\n");
  CHECK(machine.said().empty());
}

TEST_CASE("remedies of another instance name its directory") {
  Machine machine;
  machine.instance.primary = false;
  machine.instance.config_dir = "/etc/postfix-out";
  machine.instance.parameters["smtp_tls_security_level"] = "none";
  CHECK(contains(machine.said(), "Postfix (/etc/postfix-out): "));
  CHECK(contains(machine.said(),
                 "postconf -c /etc/postfix-out -e 'smtp_tls_security_level = may' && postfix -c "
                 "/etc/postfix-out reload"));
}

TEST_CASE("routing: transport_maps before relayhost before default_transport") {
  struct Row {
    const char* reason;
    std::map<std::string, std::string> parameters;
    std::map<std::string, std::string> table;
    const char* said;  ///< "": nothing
  };
  const Row rows[] = {
      {"the recipient's domain", {}, {}, ""},
      {"a relayhost",
       {{"relayhost", "[R.example]"}},
       {},
       "relayhost sends its mail to [r.example]"},
      {"a line that takes it back",
       {{"relayhost", "[r.example]"}, {"transport_maps", "t:"}},
       {{"t: acme.example", "smtp:"}},
       ""},
      {"a line without effect leaves the relayhost",
       {{"relayhost", "[r.example]"}, {"transport_maps", "t:"}},
       {{"t: acme.example", ":"}},
       "relayhost sends its mail to [r.example]"},
      {"the parent",
       {{"transport_maps", "t:"}},
       {{"t: .example", "smtp:[p]"}},
       "transport_maps sends its mail to [p]"},
      {"all",
       {{"transport_maps", "t:"}},
       {{"t: *", "smtp:[p]"}},
       "transport_maps sends its mail to [p]"},
      {"the domain before the parent",
       {{"transport_maps", "t:"}},
       {{"t: .example", "smtp:[p]"}, {"t: acme.example", "relay:"}},
       ""},
      {"of two tables the first",
       {{"transport_maps", "t:, u:"}},
       {{"u: acme.example", "smtp:[u]"}, {"t: acme.example", "smtp:[t]"}},
       "transport_maps sends its mail to [t]"},
      {"only a next-hop",
       {{"transport_maps", "t:"}},
       {{"t: acme.example", ":[n]"}},
       "transport_maps sends its mail to [n]"},
      {"the domain itself as next-hop",
       {{"transport_maps", "t:"}},
       {{"t: acme.example", "smtp:acme.example"}},
       ""},
      {"not by SMTP",
       {{"transport_maps", "t:"}},
       {{"t: acme.example", "lmtp:x"}},
       "the transport lmtp, which is lmtp(8)"},
      {"a transport that is not there",
       {{"default_transport", "gone"}},
       {},
       "the transport gone, which master.cf does not have"},
      {"our own domain",
       {{"mydestination", "localhost, acme.example"}},
       {},
       "take acme.example out of mydestination"},
      {"a table that fails", {{"transport_maps", "broken:"}}, {}, "transport_maps cannot be asked"},
  };
  for (const Row& row : rows) {
    INFO(row.reason);
    Machine machine;
    for (const auto& [name, value] : row.parameters)
      machine.instance.parameters[name] = value;
    machine.instance.services.push_back({"local", "unix", false, "local", {}});
    machine.table = row.table;
    const std::string said = machine.said();
    if (std::string{row.said}.empty()) {
      CHECK(said.empty());
    } else {
      CHECK(contains(said, row.said));
    }
  }
}

TEST_CASE("a next-hop that has an agreement of its own is a note, and its key is in use") {
  Machine machine;
  machine.instance.parameters["relayhost"] = "[r.example]:587";
  machine.agree("domains = [\"[r.example]:587\"]\nlevel = \"encrypt\"\n");
  const Findings findings = postfix_wiring(machine.instance, machine.expected);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::note);
  CHECK(findings[0].text.contains("whose own agreement holds instead"));
}

TEST_CASE("without agreements one way for all mail is a note") {
  Machine machine;
  machine.expected.agreements.clear();
  machine.instance.parameters["relayhost"] = "[r.example]";
  const Findings findings = postfix_wiring(machine.instance, machine.expected);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].severity == Severity::note);
  CHECK(findings[0].text.starts_with("relayhost sends all mail to [r.example]"));
}

TEST_CASE("a pattern is followed as a name below it") {
  Machine machine;
  machine.expected.agreements.clear();
  machine.agree("domains = [\".acme.example\"]\nlevel = \"encrypt\"\n");
  machine.instance.parameters["transport_maps"] = "t:";
  machine.table["t: acme.example"] = "smtp:[apex]";
  CHECK(machine.said().empty());
  machine.table["t: .acme.example"] = "smtp:[below]";
  CHECK(contains(machine.said(), "transport_maps sends its mail to [below]"));
}

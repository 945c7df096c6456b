// SPDX-License-Identifier: MIT
#include "generators/exim/exim_inbound.h"

#include <cstdlib>

#include "generators/exim/exim_inbound_grammar.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

GeneratorSettings::Exim settings() {
  GeneratorSettings::Exim out;
  out.map = "/maps/tls_policy.cdb";
  return out;
}

const std::string& text_of(const Generated& generated, std::size_t index) {
  return std::get<std::string>(generated.artifacts.at(index).content);
}

void check_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path{TLSPACT_GOLDEN} / "exim" / name;
  if (std::getenv("TLSPACT_GOLDEN_WRITE") != nullptr) write(file, text);
  INFO(name);
  CHECK(read(file) == text);
}

const std::string kHex(64, 'a');

}  // namespace

TEST_CASE("Exim's inbound lists of every kind of agreement") {
  Snapshot snapshot;
  snapshot.inbound = {
      inbound("Acme Bank", {"192.0.2.0/24", "2001:db8:1::/48"}, {"acme.example"}),
      inbound("Clinic", {"192.0.2.128/25", "2001:db8:2::/48", "198.51.100.0/24"}, {},
              {pin('b'), pin('a'), pin('a')}),
      inbound("Works", {"198.51.100.0/24"}, {"works.example"}, {pin('c')}),
      inbound("Keys", {"203.0.113.0/24"}, {"keys.example"}, {pin('d'), pin('d', "spki-sha256")}),
  };
  const Generated generated = render_exim_inbound(snapshot, settings());
  for (const Artifact& each : generated.artifacts) {
    CHECK(each.mta == "Exim");
    check_golden(each.path.filename().string(), std::get<std::string>(each.content));
  }
  REQUIRE(generated.notices.size() == 2);
  CHECK(generated.notices[0].subject == "198.51.100.0/24");
  CHECK(generated.notices[1].subject == "Keys");
  CHECK(generated.notices[1].severity == Severity::alert);
  CHECK(generated.notices[1].text.contains("spki-sha256"));
}

TEST_CASE("without agreements Exim's lists are there, and empty") {
  const Generated generated = render_exim_inbound({}, settings());
  REQUIRE(generated.artifacts.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(generated.artifacts[i].rows == 0);
    CHECK(text_of(generated, i).starts_with("# "));
    CHECK_FALSE(generated.artifacts[i].needs_reload(false));
  }
}

TEST_CASE("only listed networks are asked for a certificate, all where a sender domain asks") {
  Snapshot snapshot;
  snapshot.inbound = {inbound("A", {"192.0.2.0/24"}, {"a.example"}),
                      inbound("B", {"198.51.100.0/24"}, {}, {pin('a')})};
  CHECK(render_exim_inbound(snapshot, settings()).artifacts.at(2).rows == 1);
  snapshot.inbound.push_back(inbound("C", {}, {"c.example"}, {pin('c')}));
  const Generated everybody = render_exim_inbound(snapshot, settings());
  CHECK(text_of(everybody, 2).ends_with("198.51.100.0/24: ask\n0.0.0.0/0: ask\n\"::/0\": ask\n"));
}

TEST_CASE("the reader of network lines refuses what Exim would take otherwise") {
  CHECK(read_exim_network_line("192.0.2.0/24: require=encrypt").has_value());
  CHECK(read_exim_network_line("\"2001:db8::/32\": require=certificate fp=" + kHex + ":" + kHex)
            .has_value());
  for (const std::string& line : std::initializer_list<std::string>{
           "", "192.0.2.0/24", "192.0.2.0/24: ", "192.0.2.0/24:  ask", "192.0.2.0/24: none",
           "2001:db8::/32: ask", "\"2001:db8::/32: ask", "192.0.2.1/24: ask",
           "192.0.2.0/24: require=certificate", "192.0.2.0/24: require=certificate fp=",
           "192.0.2.0/24: require=certificate fp=" + kHex + ":",
           "192.0.2.0/24: require=certificate fp=" + std::string(64, 'A'),
           "192.0.2.0/24: ask\n0.0.0.0/0: ask", "\n192.0.2.0/24: ask", "#192.0.2.0/24: ask"}) {
    INFO(line);
    CHECK_FALSE(read_exim_network_line(line).has_value());
  }
}

TEST_CASE("the reader of sender lines refuses what Exim would take otherwise") {
  CHECK(read_exim_sender_line("acme.example: require=encrypt").has_value());
  for (const char* line :
       {"acme.example require=encrypt", "*: require=encrypt", ": require=encrypt",
        "\"acme.example\" : require=encrypt", "acme.example: require=none",
        "a b.example: require=encrypt", "#acme.example: require=encrypt"}) {
    INFO(line);
    CHECK_FALSE(read_exim_sender_line(line).has_value());
  }
}

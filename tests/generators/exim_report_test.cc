// SPDX-License-Identifier: MIT
#include "generators/exim/exim_report.h"

#include "generators/exim/exim_template.h"
#include "tests/support/catch.h"

using namespace tlspact;

TEST_CASE("exim -bP: values, and switches with and without no_") {
  const auto dump = parse_exim_dump(
      "driver = smtp\nno_multi_domain\nexpn\nconnection_max_messages = 1\nhosts = \n"
      "domains = ! +local_domains : partial1(.)cdb;/m.cdb : *\n");
  CHECK(dump.at("driver") == "smtp");
  CHECK(dump.at("multi_domain") == "no");
  CHECK(dump.at("expn") == "yes");
  CHECK(dump.at("connection_max_messages") == "1");
  CHECK(dump.at("hosts").empty());
  CHECK(dump.at("domains") == "! +local_domains : partial1(.)cdb;/m.cdb : *");
}

TEST_CASE("exim -bP router_list: one name a line") {
  CHECK(parse_exim_names("hubbed_hosts\ntlspact_mx\n\nexim: said something\n") ==
        std::vector<std::string>{"hubbed_hosts", "tlspact_mx"});
}

TEST_CASE("exim -bt: the router and transport of each address, or why there is none") {
  const auto routes = parse_exim_routes(
      "postmaster@a.test\n  router = tlspact_mx, transport = tlspact_smtp\n"
      "  host mx.a.test [192.0.2.1] MX=10\n"
      "postmaster@b.test\n    <-- alias@b.test\n  router = dnslookup, transport = remote_smtp\n"
      "postmaster@c.test cannot be resolved at this time: no MX host of c.test is allowed by its "
      "TLS policy\n"
      "postmaster@d.test is undeliverable: Unrouteable address\n");
  REQUIRE(routes.size() == 4);
  CHECK(routes[0].address == "postmaster@a.test");
  CHECK(routes[0].router == "tlspact_mx");
  CHECK(routes[0].transport == "tlspact_smtp");
  CHECK(routes[1].router == "dnslookup");
  CHECK(routes[2].router.empty());
  CHECK(routes[2].address == "postmaster@c.test");
  CHECK(routes[2].said.contains("allowed by its TLS policy"));
  CHECK(routes[3].said == "is undeliverable: Unrouteable address");
}

TEST_CASE("Debian's answers: quotes, comments, the last one wins") {
  const auto answers = parse_debian_exim_answers(
      "# "
      "dc_use_split_config='no'\ndc_use_split_config='false'\r\ndc_eximconfig_configtype="
      "\"local\"\n"
      "dc_smarthost=\nCFILEMODE=644 # why\n dc_use_split_config='true'\nnonsense\n");
  CHECK(answers.at("dc_use_split_config") == "true");
  CHECK(answers.at("dc_eximconfig_configtype") == "local");
  CHECK(answers.at("dc_smarthost").empty());
  CHECK(answers.at("CFILEMODE") == "644");
  CHECK(answers.size() == 4);
}

namespace {

const std::string kRule(53, '#');

std::string part(const std::string& name, const std::string& text) {
  return kRule + "\n### " + name + "\n" + kRule + "\n" + text + kRule + "\n### end " + name + "\n" +
         kRule + "\n";
}

}  // namespace

TEST_CASE("a piece goes where update-exim4.conf.template puts it, and only once") {
  const std::string header = part("router/00_header", "begin routers\n");
  const std::string primary = part("router/200_primary", "### router/200_primary\ndnslookup:\n");
  const std::string ours = part("router/190_tlspact", "tlspact_mx:\n");
  const auto once = with_exim_piece(header + primary, {"router/190_tlspact", "tlspact_mx:\n"});
  REQUIRE(once);
  CHECK(*once == header + ours + primary);
  CHECK(with_exim_piece(*once, {"router/190_tlspact", "tlspact_mx:\n"}) == *once);
  CHECK(with_exim_piece(*once, {"router/190_tlspact", "new:\n"}) ==
        header + part("router/190_tlspact", "new:\n") + primary);
  CHECK(with_exim_piece(header, {"router/190_tlspact", "tlspact_mx:\n"}) == header + ours);
}

TEST_CASE("a template without marks: by its sections") {
  const std::string text =
      "primary_hostname = x\nbegin acl\na:\nbegin routers\nfirst:\n.ifdef DCconfig_internet\n"
      "dnslookup:\n.endif\nbegin transports\nt:\nbegin authenticators\n";
  struct Row {
    const char* name;
    const char* before;  ///< the line that follows the piece
  };
  for (const Row& row :
       {Row{"main/000_tlspact_macros", "begin acl\n"}, Row{"acl/50_tlspact", "a:\n"},
        Row{"router/190_tlspact", ".ifdef DCconfig_internet\n"},
        Row{"transport/25_tlspact", "t:\n"}}) {
    INFO(row.name);
    const auto with = with_exim_piece(text, {row.name, "piece\n"});
    REQUIRE(with);
    const std::string block = part(row.name, "piece\n");
    const std::size_t at = with->find(block);
    REQUIRE(at != std::string::npos);
    CHECK(with->substr(at + block.size()).starts_with(row.before));
    std::string without = *with;
    without.erase(at, block.size());
    CHECK(without == text);
  }
  CHECK_FALSE(with_exim_piece("primary_hostname = x\n", {"acl/50_tlspact", "piece\n"}));
  CHECK_FALSE(with_exim_piece(kRule + "\n### acl/50_tlspact\n" + kRule + "\ncut off",
                              {"acl/50_tlspact", "piece\n"}));
}

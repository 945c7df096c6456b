// SPDX-License-Identifier: MIT
/// The pages as HTML: complete, escaped, bounded, and without anything from elsewhere.
#include <boost/json/serialize.hpp>
#include <regex>

#include "daemon/control/http/api_json.h"
#include "daemon/control/http/dashboard.h"
#include "daemon/control/http/explain_page.h"
#include "daemon/control/http/frame.h"
#include "daemon/control/http/generation_page.h"
#include "daemon/control/http/level_matrix.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

using test::now;

const std::string kEvil = "<script>alert(1)</script>\"'><img src=x onerror=y>&\xFF{{version}}";

/// Of a page that hostile texts went into.
void check_tame(const std::string& page) {
  CHECK_FALSE(page.contains("<script"));
  CHECK_FALSE(page.contains("<img src=x"));
  CHECK_FALSE(page.contains("'><"));
  CHECK_FALSE(page.contains("{{#"));
  CHECK_FALSE(page.contains("{{/"));
  CHECK_FALSE(page.contains("style="));
  // Outside of values, which hold no quotation mark of their own.
  const std::string tags = std::regex_replace(page, std::regex{"\"[^\"]*\""}, "\"\"");
  CHECK_FALSE(std::regex_search(tags, std::regex{"<[^>]* on[a-z]+="}));
  CHECK_FALSE(std::regex_search(page, std::regex{"(src|href|action)=\"(?![/#])"}));
  CHECK(valid_utf8(page) == page);
}

ServiceStatus evil_status(std::size_t many) {
  ServiceStatus out;
  out.version = "1.2.3";
  out.last_run = now();
  out.next_run = now();
  out.last_error = kEvil;
  for (std::size_t i = 0; i < many; ++i) {
    out.alerts.push_back({.cause = "x", .subject = kEvil, .text = kEvil, .since = now()});
    out.notices.push_back({Severity::warning, kEvil, kEvil, 3});
    out.files.push_back({.path = kEvil, .mta = "Postfix", .rows = 5});
  }
  out.lists.push_back({.name = kEvil});
  out.counts.entries = 3;
  out.counts.by_source = {1, 0, 0, 2, 0};
  out.counts.levels[0][static_cast<std::size_t>(Level::secure)] = 1;
  out.counts.levels[3][static_cast<std::size_t>(Level::dane)] = 2;
  return out;
}

GenerationChanges evil_changes() {
  GenerationChanges out{.before = 1, .after = 2, .maps = {}, .other_files = {kEvil}};
  out.maps.push_back({.mta = "Postfix",
                      .path = kEvil,
                      .added = 1,
                      .removed = 1,
                      .changed = 1,
                      .rows = {{kEvil, {}, kEvil}, {kEvil, kEvil, {}}, {kEvil, kEvil, kEvil}},
                      .fault = kEvil});
  return out;
}

Overview evil_overview() {
  Overview out;
  out.made = now();
  out.changes = evil_changes();
  out.expiring.rows.push_back({Ending::Kind::agreement, kEvil, now(), kEvil});
  out.expiring.count = 1;
  out.failing.rows.push_back({.host = kEvil,
                              .address = kEvil,
                              .stage = kEvil,
                              .outcome = kEvil,
                              .why = kEvil,
                              .seen = now(),
                              .alarm = now(),
                              .domains = 4,
                              .enforced = 1,
                              .level = "secure",
                              .of = {kEvil}});
  out.failing.count = 1;
  out.evidence = {{std::chrono::floor<std::chrono::days>(now()), 1, 2, 3}};
  out.faults = {kEvil};
  return out;
}

History empty_history() {
  return History::open("/nonexistent", 20);
}

TEST_CASE("Hostile texts stay texts on the dashboard", "[http]") {
  const std::string page = dashboard_page({.status = evil_status(2),
                                           .overview = evil_overview(),
                                           .history = empty_history(),
                                           .now = now()});
  check_tame(page);
  CHECK(page.contains("&lt;script&gt;"));
  CHECK(page.contains("The last run failed"));
  CHECK(page.contains("<b>3</b> <span>next-hops changed since yesterday</span>"));
  for (const char* id : {"alerts", "levels", "changes", "expires", "failing", "evidence", "lists",
                         "generations", "runs"}) {
    CAPTURE(id);
    CHECK(page.contains("<h2 id=\"" + std::string{id} + "\">"));
  }
}

TEST_CASE("A dashboard of a service that has just begun is whole", "[http]") {
  const std::string page = dashboard_page({.status = ServiceStatus{},
                                           .overview = Overview{},
                                           .history = empty_history(),
                                           .now = now()});
  check_tame(page);
  CHECK(page.contains("The first run is at work"));
  CHECK(page.contains("being gathered"));
  CHECK(page.contains("Nothing was installed here yet"));
}

TEST_CASE("A dashboard is bounded", "[http]") {
  const std::string page = dashboard_page({.status = evil_status(10'000),
                                           .overview = evil_overview(),
                                           .history = empty_history(),
                                           .now = now()});
  CHECK(page.contains("10,000"));
  CHECK(page.size() < 1'000'000);
}

TEST_CASE("Levels that do not occur have no column", "[http]") {
  const ServiceStatus status = evil_status(0);
  const std::string page = dashboard_page(
      {.status = status, .overview = Overview{}, .history = empty_history(), .now = now()});
  CHECK(page.contains("<span class=\"swatch secure\"></span>secure"));
  CHECK(page.contains("<span class=\"swatch dane\"></span>dane"));
  CHECK_FALSE(page.contains("swatch encrypt"));
  CHECK(page.contains("<rect class=\"dane\" x=\"0\" y=\"0\" width=\"666\" height=\"10\"/>"));
}

TEST_CASE("A bar never leaves its picture", "[http]") {
  CHECK_FALSE(html::level_bar({Level::secure}, {0}, 0).contains("<rect"));
  const std::string bar =
      html::level_bar({Level::secure, Level::dane, Level::may}, {999'999, 1, 1}, 1'000'001);
  CHECK(bar.contains("class=\"secure\" x=\"0\" y=\"0\" width=\"999\""));
  CHECK(bar.contains("class=\"dane\" x=\"999\" y=\"0\" width=\"1\""));
}

TEST_CASE("What was searched for comes back escaped", "[http]") {
  const std::string page = explain_fault_page({.asked = valid_utf8(kEvil), .version = "1"}, kEvil);
  check_tame(page);
  CHECK(page.contains("value=\"&lt;script&gt;"));
  CHECK(page.contains("role=\"alert\""));
}

TEST_CASE("Generations and their diff are escaped", "[http]") {
  check_tame(generation_page(evil_changes(), kEvil, "1"));
  check_tame(generation_fault_page(kEvil, "1"));
}

TEST_CASE("An explanation as a page has what its text has", "[http]") {
  Candidate agreed =
      test::agreement("acme.example", test::policy(Level::secure, {"mx.acme.example"}));
  agreed.provenance.name = "<b>Acme</b>";
  agreed.valid_until = now() + std::chrono::days{2};
  ExplainedDomain domain{
      .explanation = {.decision = decide(test::key("acme.example"), {agreed}, {}, now()),
                      .map_key = test::key("acme.example"),
                      .postfix = {.value = "secure match=mx.acme.example"},
                      .exim = {},
                      .notices = {{Severity::warning, kEvil, kEvil}},
                      .endpoints = {},
                      .proofs = {},
                      .testing = {}},
      .settings = {},
      .history = {}};
  EndpointMemory endpoint;
  endpoint.host = kEvil;
  endpoint.alarm = now();
  endpoint.last = Evidence{.host = kEvil, .at = now(), .detail = kEvil, .names = {}};
  domain.explanation.endpoints.push_back(endpoint);
  domain.explanation.proofs.push_back({kEvil, Proof::disproven, kEvil});
  domain.history.push_back({kEvil, {}});
  const std::string page = explain_page({.asked = "acme.example", .version = "1"}, domain, now());
  check_tame(page);
  for (const char* words :
       {"<h1>acme.example: secure</h1>", "&lt;b&gt;Acme&lt;/b&gt;", "in force", "in 2 days",
        "acme.example secure match=mx.acme.example", "no entry: its own default applies", "Alarm",
        "NOT met", "As <code>tlspact explain</code> prints it"}) {
    CAPTURE(words);
    CHECK(page.contains(words));
  }
}

TEST_CASE("Documents of the API are UTF-8 whatever they were made from", "[http]") {
  const Overview overview = evil_overview();
  for (const boost::json::object& each :
       {changes_json(*overview.changes), expiring_json(overview.expiring),
        failing_hosts_json(overview.failing), fault_json(kEvil)}) {
    const std::string text = boost::json::serialize(each);
    CHECK(valid_utf8(text) == text);
  }
}

}  // namespace
}  // namespace tlspact

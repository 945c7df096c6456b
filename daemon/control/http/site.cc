// SPDX-License-Identifier: MIT
#include "daemon/control/http/site.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <sstream>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/control/explanation_report.h"
#include "daemon/control/http/api_json.h"
#include "daemon/control/http/dashboard.h"
#include "daemon/control/http/explain_page.h"
#include "daemon/control/http/frame.h"
#include "daemon/control/http/generation_page.h"
#include "daemon/control/http/metrics.h"
#include "daemon/control/http/status_json.h"
#include "daemon/dns/idna.h"
#include "generators/shipped_files.h"
#include "policy/utf8.h"

namespace tlspact {
namespace {

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kJson = "application/json";
/// Longer than any domain, in U-labels and with brackets and a port.
constexpr std::size_t kMaxDomain = 600;

int status_of(const Error& error) {
  switch (error.code) {
    case Errc::no_input:
      return 404;
    case Errc::try_again:
      return 503;
    case Errc::io:
      return 500;
    default:
      return 400;
  }
}

Page json_page(const boost::json::object& document) {
  return {.type = kJson, .body = boost::json::serialize(document) + "\n"};
}

Page json_fault(const Error& error) {
  Page page = json_page(fault_json(error.text));
  page.status = status_of(error);
  return page;
}

Result<std::optional<unsigned>> number_in(const Query& query, std::string_view name) {
  const auto text = query.get(name);
  if (!text) return std::optional<unsigned>{};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number == 0)
    return fail(Errc::bad_input,
                std::string{name} + ": " + quote(*text) + " is not the number of a generation");
  return std::optional{number};
}

std::unexpected<Error> no_turn() {
  return fail(Errc::try_again, "too many are asking at once, try again");
}

std::string_view cause_of(const History& history, unsigned number) {
  const InstalledGeneration* found = history.find(number);
  return found == nullptr ? std::string_view{} : found->cause;
}

}  // namespace

Page Site::answer(std::string_view target) {
  static constexpr struct {
    std::string_view path;
    Page (Site::*answer)(const Query& query);
  } kRoutes[] = {
      {"/", &Site::dashboard},
      {"/explain", &Site::explanation},
      {"/generation", &Site::generation},
      {"/style.css", &Site::style},
      {"/icon.svg", &Site::icon},
      {"/healthz", &Site::health},
      {"/metrics", &Site::metrics},
      {"/api/status", &Site::api_status},
      {"/api/explain", &Site::api_explain},
      {"/api/changes", &Site::api_changes},
      {"/api/expiring", &Site::api_expiring},
      {"/api/failing-hosts", &Site::api_failing_hosts},
      {"/api/evidence", &Site::api_evidence},
      {"/api/generations", &Site::api_generations},
      {"/api/openapi.json", &Site::api_description},
      {"/api", &Site::api_description},
      {"/api/", &Site::api_description},
  };
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  for (const auto& route : kRoutes) {
    if (route.path != path) continue;
    const auto query = Query::parse(target.substr(std::min(mark + 1, target.size())));
    if (!query) {
      const Error fault{Errc::bad_input, "what stands behind the ? cannot be read"};
      if (path.starts_with("/api/")) return json_fault(fault);
      return {.status = 400, .body = fault.text + "\n"};
    }
    return (this->*route.answer)(*query);
  }
  return {.status = 404, .body = "there is nothing of that name\n"};
}

History Site::history() const {
  const Config& config = *overview_.get()->config;
  return History::open(config.state_path("history"), config.service.history);
}

/// Healthy: the last run did not fail, or none has ended yet.
Page Site::health(const Query& /*query*/) {
  const auto status = status_.get();
  if (status->last_error.empty()) return {.body = "ok\n"};
  return {.status = 503, .body = "the last run failed: " + status->last_error + "\n"};
}

Page Site::metrics(const Query& /*query*/) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8",
          .body = metrics_text(*status_.get(), *overview_.get())};
}

Page Site::style(const Query& /*query*/) {
  return {.type = "text/css; charset=utf-8", .body = std::string{dashboard_style()}};
}

Page Site::icon(const Query& /*query*/) {
  return {.type = "image/svg+xml", .body = std::string{dashboard_icon()}};
}

Page Site::dashboard(const Query& /*query*/) {
  const auto status = status_.get();
  const auto overview = overview_.get();
  const History known = history();
  return {.type = kHtml,
          .body = dashboard_page(
              {.status = *status, .overview = *overview, .history = known, .now = clock_now()})};
}

Result<ExplainedDomain> Site::explained(const Query& query, std::string& asked) {
  asked = trimmed(query.get("domain").value_or(""));
  if (asked.empty()) return fail(Errc::bad_input, "no domain was named");
  if (asked.size() > kMaxDomain) {
    asked.clear();
    return fail(Errc::bad_input, "that is longer than any domain");
  }
  const auto key = parse_policy_key(asked);
  if (!key) return std::unexpected(key.error());
  const Turn turn{slow_};
  if (!turn) return no_turn();
  return explainer_.explain(*overview_.get()->config, *key, clock_now());
}

Page Site::explanation(const Query& query) {
  Search search{.asked = {}, .version = status_.get()->version};
  const auto found = explained(query, search.asked);
  if (!found)
    return {.status = status_of(found.error()),
            .type = kHtml,
            .body = explain_fault_page(search, found.error().text)};
  return {.type = kHtml, .body = explain_page(search, *found, clock_now())};
}

Page Site::api_explain(const Query& query) {
  std::string asked;
  const auto found = explained(query, asked);
  if (!found) return json_fault(found.error());
  std::ostringstream text;
  explanation_json(found->explanation)->stringify(text);
  return {.type = kJson, .body = valid_utf8(text.view()) + "\n"};
}

Result<GenerationChanges> Site::compared(const Query& query, const History& history) {
  const auto after = number_in(query, "number");
  if (!after) return std::unexpected(after.error());
  const auto before = number_in(query, "since");
  if (!before) return std::unexpected(before.error());
  if (!*after) return fail(Errc::bad_input, "no generation was named");
  const Turn turn{slow_};
  if (!turn) return no_turn();
  return diffs_.between(history, *before, **after);
}

Page Site::generation(const Query& query) {
  const std::string version = status_.get()->version;
  const History known = history();
  const auto changes = compared(query, known);
  if (!changes)
    return {.status = status_of(changes.error()),
            .type = kHtml,
            .body = generation_fault_page(changes.error().text, version)};
  return {.type = kHtml,
          .body = generation_page(*changes, cause_of(known, changes->after), version)};
}

Page Site::api_status(const Query& /*query*/) {
  return json_page(status_json(*status_.get()));
}

/// Of a generation that is named, else since yesterday.
Page Site::api_changes(const Query& query) {
  if (query.get("number")) {
    const auto changes = compared(query, history());
    return changes ? json_page(changes_json(*changes)) : json_fault(changes.error());
  }
  const auto overview = overview_.get();
  if (overview->changes) return json_page(changes_json(*overview->changes));
  return json_fault({Errc::no_input, "nothing was installed yet"});
}

Page Site::api_expiring(const Query& /*query*/) {
  return json_page(expiring_json(overview_.get()->expiring));
}

Page Site::api_failing_hosts(const Query& /*query*/) {
  return json_page(failing_hosts_json(overview_.get()->failing));
}

Page Site::api_evidence(const Query& /*query*/) {
  return json_page(evidence_days_json(overview_.get()->evidence));
}

Page Site::api_generations(const Query& /*query*/) {
  return json_page(generations_json(history()));
}

Page Site::api_description(const Query& /*query*/) {
  return {.type = kJson, .body = std::string{kOpenApi}};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/http/explain_page.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/control/evidence_text.h"
#include "daemon/control/explanation_report.h"
#include "daemon/control/http/evidence_chart.h"
#include "daemon/control/http/frame.h"
#include "daemon/control/http/html_data.h"
#include "daemon/control/http/query.h"
#include "daemon/control/report.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

using html::data;
using html::kMostRows;
using html::row;
using html::set_flag;
using html::set_moment;

constexpr std::chrono::days kHistory{90};

data facts_of(const Decision& decision, Time now) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (const TlsPolicy* policy = decision.policy.get()) {
    if (!policy->mx.empty()) facts.emplace_back("MX hosts allowed", patterns_text(policy->mx));
    if (!policy->certificate_names.empty())
      facts.emplace_back("Certificate names", patterns_text(policy->certificate_names));
    if (!policy->pins.empty()) facts.emplace_back("Pinned", counted(policy->pins.size(), "digest"));
    if (!policy->ca_file.empty()) facts.emplace_back("Trust anchors", policy->ca_file);
    if (policy->min_tls)
      facts.emplace_back("At least", std::string{tls_version_name(*policy->min_tls)});
    if (policy->dane_where_present)
      facts.emplace_back("DANE", "on the MX hosts that have TLSA records");
  }
  if (decision.valid_until)
    facts.emplace_back("Until", minute_text(*decision.valid_until) + " UTC, " +
                                    distance_text(*decision.valid_until, now));
  return html::list_of(facts, facts.size(), [](const auto& each) {
    return row({{"name", each.first}, {"value", each.second}});
  });
}

data judged_row(const Judged& each) {
  data out = row({{"title", candidate_title(each.candidate)},
                  {"standing", judged_standing(each)},
                  {"says", candidate_says(each.candidate)},
                  {"from", candidate_from(each.candidate)}});
  set_flag(out, "wins", each.standing == Standing::wins);
  return out;
}

data mta_row(const std::string& name, const RenderedEntry& entry, const std::string& key) {
  data out = row({{"name", name}, {"entry", key + " " + entry.value.value_or("")}});
  set_flag(out, "entry", entry.value.has_value());
  return out;
}

data endpoint_row(const EndpointMemory& each) {
  data out = row({{"host", each.host}, {"address", each.address}});
  if (each.last) {
    data last = row({{"text", one_line(evidence_text(*each.last))}});
    set_moment(last, "at", each.last->at);
    out.set("last", last);
  }
  if (each.alarm) {
    data alarm;
    set_moment(alarm, "since", *each.alarm);
    out.set("alarm", alarm);
  } else if (each.confirmed) {
    data confirmed;
    set_moment(confirmed, "since", *each.confirmed);
    out.set("confirmed", confirmed);
  }
  return out;
}

/// What the MX hosts say to the policy in force, and to one in mode testing.
data proof_rows(const Explanation& explanation) {
  data out{data::type::list};
  const auto add = [&](const std::string& policy, const std::vector<HostProof>& proofs) {
    for (const HostProof& each : proofs)
      out.push_back(
          row({{"policy", policy}, {"host", each.host}, {"text", one_line(proof_text(each))}}));
  };
  if (explanation.decision.policy != nullptr)
    add(std::string{level_name(explanation.decision.policy->level)}, explanation.proofs);
  for (const auto& [source, proofs] : explanation.testing)
    add(source + " in mode testing", proofs);
  return out;
}

data history_row(const HostHistory& history, Time now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  data out = row({{"host", history.host},
                  {"first", format_date(today - kHistory + std::chrono::days{1})},
                  {"last", format_date(today)}});
  out.set("chart", evidence_chart(history.days, today, kHistory));
  return out;
}

std::string rendered(const Search& search, const std::string& title, const data& values) {
  kainjow::mustache::mustache main{std::string{kDashboardExplain}};
  return framed_page(
      {.title = title + " - tlspact", .asked = search.asked, .version = search.version},
      main.render(values));
}

}  // namespace

std::string explain_page(const Search& search, const ExplainedDomain& domain, Time now) {
  const Explanation& explanation = domain.explanation;
  const Decision& decision = explanation.decision;
  const std::string key = decision.key.text();
  const std::string level =
      decision.policy == nullptr ? "" : std::string{level_name(decision.policy->level)};
  data page = row({{"key", key}, {"link", percent_encoded(key)}, {"level", level}});
  set_flag(page, "found", true);
  set_flag(page, "policy", decision.policy != nullptr);
  page.set("facts", facts_of(decision, now));
  set_flag(page, "sources", !decision.judged.empty());
  page.set("sources", html::list_of(decision.judged, kMostRows, judged_row));
  data mtas{data::type::list};
  const std::string map_key = explanation.map_key.text();
  mtas.push_back(mta_row("Postfix " + domain.settings.postfix.options.version.text(),
                         explanation.postfix, map_key));
  mtas.push_back(mta_row("Exim", explanation.exim, map_key));
  page.set("mtas", mtas);
  set_flag(page, "endpoints", !explanation.endpoints.empty());
  page.set("endpoints", html::list_of(explanation.endpoints, kMostRows, endpoint_row));
  set_flag(page, "proofs", !explanation.proofs.empty() || !explanation.testing.empty());
  page.set("proofs", proof_rows(explanation));
  page.set("history", html::list_of(domain.history, kMostRows, [&](const HostHistory& each) {
             return history_row(each, now);
           }));
  set_flag(page, "notices", !explanation.notices.empty());
  page.set("notices", html::list_of(explanation.notices, kMostRows, [](const Notice& each) {
             return row({{"severity", std::string{severity_name(each.severity)}},
                         {"subject", each.subject},
                         {"text", each.text}});
           }));
  page.set("text", valid_utf8(explanation_text(explanation, domain.settings)));
  return rendered(search, key + ": " + (level.empty() ? "no entry" : level), page);
}

std::string explain_fault_page(const Search& search, const std::string& fault) {
  return rendered(search, "Not explained", row({{"fault", fault}}));
}

}  // namespace tlspact

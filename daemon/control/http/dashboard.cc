// SPDX-License-Identifier: MIT
#include "daemon/control/http/dashboard.h"

#include <algorithm>
#include <ranges>

#include "daemon/control/http/change_rows.h"
#include "daemon/control/http/evidence_chart.h"
#include "daemon/control/http/frame.h"
#include "daemon/control/http/html_data.h"
#include "daemon/control/http/level_matrix.h"
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

std::string headline(const ServiceStatus& status) {
  if (!status.last_error.empty()) return "The last run failed";
  const std::size_t standing = noticed_alerts(status);
  if (standing > 0)
    return standing == 1 ? "One alert stands" : std::to_string(standing) + " alerts stand";
  return status.last_run ? "All is well" : "The first run is at work";
}

void set_alerts(data& page, const DashboardView& view) {
  set_flag(page, "alerts", !view.status.alerts.empty());
  page.set("alerts", html::list_of(view.status.alerts, kMostRows, [&](const AlertRecord& each) {
             data out = row({{"subject", each.subject},
                             {"text", each.text},
                             {"ago", distance_text(each.since, view.now)}});
             set_moment(out, "since", each.since);
             if (each.missed) {
               data missed = row({{"ago", distance_text(each.seen, view.now)}});
               set_moment(missed, "seen", each.seen);
               out.set("missed", missed);
             }
             return out;
           }));
}

void set_runs(data& page, const DashboardView& view) {
  const ServiceStatus& status = view.status;
  set_moment(page, "started", status.started);
  page.set("runs", grouped_digits(status.runs));
  page.set("failed_runs", grouped_digits(status.failed_runs));
  if (status.last_run) {
    data run = row({{"ago", distance_text(*status.last_run, view.now)}});
    set_moment(run, "at", *status.last_run);
    page.set("last_run", run);
  }
  if (status.next_run) {
    data run = row({{"when", distance_text(*status.next_run, view.now)}});
    set_moment(run, "at", *status.next_run);
    page.set("next_run", run);
  }
  if (!status.last_error.empty()) page.set("last_error", valid_utf8(status.last_error));
  set_flag(page, "files", !status.files.empty());
  page.set("files", html::list_of(status.files, kMostRows, [](const GeneratedFile& each) {
             return row({{"path", each.path.string()}, {"rows", grouped_digits(each.rows)}});
           }));
  set_flag(page, "notices", !status.notices.empty());
  page.set("notices", html::list_of(status.notices, kMostRows, [](const Notice& each) {
             return row({{"severity", std::string{severity_name(each.severity)}},
                         {"subject", each.subject},
                         {"text", each.text},
                         {"more", and_more(each.more)}});
           }));
}

void set_lists(data& page, const DashboardView& view) {
  set_flag(page, "lists", !view.status.lists.empty());
  page.set("lists", html::list_of(view.status.lists, kMostRows, [&](const ListStatus& each) {
             data out = row({{"name", each.name}, {"enforced", grouped_digits(each.enforced)}});
             set_moment(out, "timestamp", each.timestamp);
             set_moment(out, "expires", each.expires);
             set_moment(out, "fetched", each.fetched);
             return out;
           }));
}

void set_changes(data& page, const DashboardView& view) {
  const auto& changes = view.overview.changes;
  set_flag(page, "changes", changes.has_value());
  if (!changes) return;
  page.set("change_count", grouped_digits(changes->next_hops()));
  page.set("from_number", std::to_string(changes->before));
  page.set("to_number", std::to_string(changes->after));
  set_flag(page, "one_generation", changes->before == changes->after);
  set_moment(page, "from_made", changes->before_made);
  page.set("maps", html::changed_maps(*changes));
}

data ending_row(const Ending& each, Time now) {
  data out = row({{"kind", std::string{ending_kind_name(each.kind)}},
                  {"name", each.name},
                  {"text", each.text},
                  {"when", distance_text(each.at, now)}});
  set_moment(out, "at", each.at);
  return out;
}

/// What somebody has to see to stands apart from what is renewed by itself.
void set_endings(data& page, const DashboardView& view) {
  const Expiring& expiring = view.overview.expiring;
  data risky{data::type::list};
  data routine{data::type::list};
  std::size_t routine_count = 0;
  for (const Ending& each : expiring.rows) {
    (each.at_risk ? risky : routine).push_back(ending_row(each, view.now));
    if (each.at_risk) continue;
    if (routine_count++ == 0) page.set("routine_first", distance_text(each.at, view.now));
  }
  set_flag(page, "endings", !expiring.rows.empty());
  page.set("ending_count", grouped_digits(expiring.count));
  set_flag(page, "more_endings", expiring.count > expiring.rows.size());
  set_flag(page, "risky", routine_count < expiring.rows.size());
  page.set("risky", risky);
  set_flag(page, "routine", routine_count > 0);
  page.set("routine_count", grouped_digits(routine_count));
  page.set("routine", routine);
}

data failing_row(const FailingHost& each) {
  data out = row({{"host", each.host},
                  {"address", each.address},
                  {"stage", each.stage},
                  {"outcome", each.outcome},
                  {"why", each.why},
                  {"level", each.level},
                  {"enforced", grouped_digits(each.enforced)},
                  {"domains", grouped_digits(each.domains)}});
  set_flag(out, "waits", each.enforced > 0);
  set_flag(out, "staged", !each.stage.empty());
  if (each.alarm) {
    data alarm;
    set_moment(alarm, "since", *each.alarm);
    out.set("alarm", alarm);
  }
  if (each.seen) {
    data seen;
    set_moment(seen, "at", *each.seen);
    out.set("seen", seen);
  }
  out.set("of", html::list_of(each.of, each.of.size(), [](const std::string& domain) {
            return row({{"name", domain}, {"link", percent_encoded(domain)}});
          }));
  set_flag(out, "more_domains", each.domains > each.of.size());
  return out;
}

void set_evidence(data& page, const DashboardView& view) {
  const FailingHosts& failing = view.overview.failing;
  set_flag(page, "failing", !failing.rows.empty());
  page.set("failing_count", grouped_digits(failing.count));
  set_flag(page, "more_failing", failing.count > failing.rows.size());
  page.set("failing", html::list_of(failing.rows, failing.rows.size(), failing_row));
  const auto& days = view.overview.evidence;
  set_flag(page, "evidence", !days.empty());
  const auto today = std::chrono::floor<std::chrono::days>(view.now);
  page.set("chart", evidence_chart(days, today, kEvidenceChart));
  page.set("chart_first", format_date(today - kEvidenceChart + std::chrono::days{1}));
  page.set("chart_last", format_date(today));
  page.set("days", html::list_of(days | std::views::reverse, kMostRows, [](const EvidenceDay& day) {
             return row({{"day", format_date(day.day)},
                         {"positive", grouped_digits(day.positive)},
                         {"negative", grouped_digits(day.negative)},
                         {"inconclusive", grouped_digits(day.inconclusive)}});
           }));
  const EvidenceCounts& counts = view.status.evidence;
  page.set("positive", grouped_digits(counts.positive));
  page.set("negative", grouped_digits(counts.negative));
  page.set("inconclusive", grouped_digits(counts.inconclusive));
  page.set("alarms", grouped_digits(counts.alarms));
}

void set_generations(data& page, const DashboardView& view) {
  const auto& generations = view.history.generations();
  set_flag(page, "generations", !generations.empty());
  page.set("generations",
           html::list_of(generations | std::views::reverse, kMostRows,
                         [](const InstalledGeneration& each) {
                           const auto own = std::ranges::count(each.files, each.number,
                                                               &InstalledGeneration::File::origin);
                           data out = row({{"number", std::to_string(each.number)},
                                           {"cause", each.cause},
                                           {"new", std::to_string(own)},
                                           {"all", std::to_string(each.files.size())}});
                           set_moment(out, "made", each.made);
                           return out;
                         }));
  if (const auto hold = view.history.hold()) {
    data held = row({{"generation", std::to_string(hold->generation)}});
    set_moment(held, "since", hold->since);
    page.set("hold", held);
  }
}

}  // namespace

std::string dashboard_page(const DashboardView& view) {
  data page = row({{"headline", headline(view.status)},
                   {"entries", grouped_digits(view.status.counts.entries)},
                   {"entry_noun", view.status.counts.entries == 1 ? "next-hop" : "next-hops"},
                   {"alert_count", grouped_digits(noticed_alerts(view.status))},
                   {"alert_noun", noticed_alerts(view.status) == 1 ? "alert" : "alerts"}});
  set_flag(page, "well", is_well(view.status));
  set_alerts(page, view);
  html::set_levels(page, view.status.counts);
  set_changes(page, view);
  set_endings(page, view);
  set_evidence(page, view);
  set_lists(page, view);
  set_generations(page, view);
  set_runs(page, view);
  set_flag(page, "overview", view.overview.made.has_value());
  page.set("faults", html::list_of(view.overview.faults, kMostRows,
                                   [](const std::string& each) { return row({{"text", each}}); }));
  kainjow::mustache::mustache main{std::string{kDashboardPage}};
  return framed_page(
      {.title = headline(view.status) + " - tlspact", .asked = {}, .version = view.status.version},
      main.render(page));
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/http/dashboard.h"

#include <kainjow/mustache.hpp>

#include "generators/shipped_files.h"
#include "policy/utf8.h"

namespace tlspact {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

/// As many as a page bears.
constexpr std::size_t kMostRows = 200;

std::string moment(const std::optional<Time>& time) {
  return time ? format_time(*time) : "not yet";
}

data flag(bool value) {
  return value ? data::type::bool_true : data::type::bool_false;
}

data alerts_of(const ServiceStatus& status) {
  data out{data::type::list};
  for (std::size_t i = 0; i < std::min(status.alerts.size(), kMostRows); ++i) {
    const AlertRecord& each = status.alerts[i];
    data row;
    row.set("since", format_time(each.since));
    row.set("subject", valid_utf8(each.subject));
    row.set("text", valid_utf8(each.text));
    out.push_back(row);
  }
  return out;
}

data sources_of(const EntryCounts& counts) {
  data out{data::type::list};
  for (const Source source :
       {Source::agreement, Source::dane, Source::mta_sts, Source::list, Source::learned}) {
    const std::size_t count = counts.by(source);
    data row;
    row.set("name", std::string{source_name(source)});
    row.set("count", std::to_string(count));
    row.set("percent", std::to_string(counts.entries == 0 ? 0 : count * 100 / counts.entries));
    out.push_back(row);
  }
  return out;
}

data lists_of(const std::vector<ListStatus>& lists) {
  data out{data::type::list};
  for (const ListStatus& each : lists) {
    data row;
    row.set("name", each.name);
    row.set("enforced", std::to_string(each.enforced));
    row.set("timestamp", format_time(each.timestamp));
    row.set("expires", format_time(each.expires));
    row.set("fetched", format_time(each.fetched));
    out.push_back(row);
  }
  return out;
}

data files_of(const std::vector<GeneratedFile>& files) {
  data out{data::type::list};
  for (const GeneratedFile& each : files) {
    data row;
    row.set("path", valid_utf8(each.path.string()));
    row.set("rows", std::to_string(each.rows));
    out.push_back(row);
  }
  return out;
}

std::string severity_of(const Notice& notice) {
  if (notice.severity == Severity::alert) return "alert";
  return notice.severity == Severity::warning ? "warning" : "note";
}

data notices_of(const Notices& notices) {
  data out{data::type::list};
  for (std::size_t i = 0; i < std::min(notices.size(), kMostRows); ++i) {
    data row;
    row.set("severity", severity_of(notices[i]));
    row.set("subject", valid_utf8(notices[i].subject));
    row.set("text", valid_utf8(notices[i].text));
    out.push_back(row);
  }
  return out;
}

}  // namespace

std::string dashboard_page(const ServiceStatus& status) {
  mustache page{std::string{kDashboardPage}};
  data values;
  values.set("version", status.version);
  values.set("started", format_time(status.started));
  values.set("alerts?", flag(!status.alerts.empty()));
  values.set("alert_count", std::to_string(status.alerts.size()));
  values.set("alerts", alerts_of(status));
  values.set("entries", std::to_string(status.counts.entries));
  values.set("sources", sources_of(status.counts));
  values.set("positive", std::to_string(status.evidence.positive));
  values.set("negative", std::to_string(status.evidence.negative));
  values.set("inconclusive", std::to_string(status.evidence.inconclusive));
  values.set("alarms", std::to_string(status.evidence.alarms));
  values.set("lists?", flag(!status.lists.empty()));
  values.set("lists", lists_of(status.lists));
  values.set("runs", std::to_string(status.runs));
  values.set("failed_runs", std::to_string(status.failed_runs));
  values.set("last_run", moment(status.last_run));
  values.set("next_run", moment(status.next_run));
  if (!status.last_error.empty()) values.set("last_error", valid_utf8(status.last_error));
  values.set("files?", flag(!status.files.empty()));
  values.set("files", files_of(status.files));
  values.set("notices?", flag(!status.notices.empty()));
  values.set("notices", notices_of(status.notices));
  return page.render(values);
}

std::string dashboard_style() {
  return std::string{kDashboardStyle};
}

}  // namespace tlspact

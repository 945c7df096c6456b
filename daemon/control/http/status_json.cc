// SPDX-License-Identifier: MIT
#include "daemon/control/http/status_json.h"

#include <boost/json/array.hpp>
#include <utility>

#include "daemon/control/report.h"
#include "daemon/control/rollback.h"
#include "policy/utf8.h"

namespace tlspact {
namespace {

namespace json = boost::json;

void put(json::object& to, const char* name, const std::optional<Time>& time) {
  if (time) to[name] = format_time(*time);
}

json::array alerts_json(const std::vector<AlertRecord>& alerts) {
  json::array out;
  for (const AlertRecord& each : alerts) {
    json::object alert{{"subject", valid_utf8(each.subject)},
                       {"text", valid_utf8(each.text)},
                       {"since", format_time(each.since)},
                       {"seen", format_time(each.seen)}};
    put(alert, "missed", each.missed);
    out.push_back(std::move(alert));
  }
  return out;
}

json::array lists_json(const std::vector<ListStatus>& lists) {
  json::array out;
  for (const ListStatus& each : lists)
    out.push_back({{"name", each.name},
                   {"timestamp", format_time(each.timestamp)},
                   {"expires", format_time(each.expires)},
                   {"fetched", format_time(each.fetched)},
                   {"enforced", each.enforced}});
  return out;
}

constexpr std::pair<Source, const char*> kSourceNames[] = {{Source::agreement, "agreement"},
                                                           {Source::dane, "dane"},
                                                           {Source::mta_sts, "mta_sts"},
                                                           {Source::list, "list"},
                                                           {Source::learned, "learned"}};

/// By source, then by level, what is not 0.
json::object levels_json(const EntryCounts& counts) {
  json::object out;
  for (const auto& [source, name] : kSourceNames) {
    json::object levels;
    for (std::size_t i = 0; i < kLevels; ++i) {
      const auto level = static_cast<Level>(i);
      if (counts.by(source, level) > 0) levels[level_name(level)] = counts.by(source, level);
    }
    if (!levels.empty()) out[name] = std::move(levels);
  }
  return out;
}

json::object entries_json(const EntryCounts& counts) {
  json::object out{{"all", counts.entries}};
  for (const auto& [source, name] : kSourceNames)
    out[name] = counts.by(source);
  out["levels"] = levels_json(counts);
  return out;
}

}  // namespace

json::object status_json(const ServiceStatus& status) {
  json::object out{{"version", status.version},
                   {"started", format_time(status.started)},
                   {"runs", status.runs},
                   {"failed_runs", status.failed_runs},
                   {"last_exit_code", status.last_exit_code},
                   {"entries", entries_json(status.counts)},
                   {"correspondents", status.correspondents},
                   {"endpoints", json::object{{"positive", status.evidence.positive},
                                              {"negative", status.evidence.negative},
                                              {"inconclusive", status.evidence.inconclusive},
                                              {"alarms", status.evidence.alarms}}},
                   {"lists", lists_json(status.lists)},
                   {"alerts", alerts_json(status.alerts)}};
  if (status.hold) {
    out["held_at"] = status.hold->generation;
    out["held_since"] = format_time(status.hold->since);
  }
  put(out, "last_run", status.last_run);
  put(out, "last_good", status.last_good);
  put(out, "next_run", status.next_run);
  if (!status.last_error.empty()) out["last_error"] = valid_utf8(status.last_error);
  return out;
}

std::string last_run_text(const ServiceStatus& status) {
  std::string out = "last run " + (status.last_run ? format_time(*status.last_run) : "never");
  if (!status.last_error.empty()) out += ": " + status.last_error;
  out += "\n" + counted(status.counts.entries, "entry") +
         " in force: " + std::to_string(status.counts.by(Source::agreement)) + " by agreement, " +
         std::to_string(status.counts.by(Source::dane)) + " by DANE, " +
         std::to_string(status.counts.by(Source::mta_sts)) + " by MTA-STS, " +
         std::to_string(status.counts.by(Source::list)) + " by list, " +
         std::to_string(status.counts.by(Source::learned)) + " learned\n";
  if (status.hold)
    out += hold_text(*status.hold) +
           ": what is decided since is not in force; tlspact rollback --release goes on\n";
  for (const AlertRecord& each : status.alerts) {
    out += "alert since " + format_time(each.since) + ": " + each.subject + ": " + each.text + "\n";
    if (each.missed)
      out += "  (last noticed " + format_time(each.seen) +
             ", and not by the last run: it ends unless it is back within an hour)\n";
  }
  return out;
}

std::string status_text(const ServiceStatus& status) {
  std::string out = "running since " + format_time(status.started) + ", " +
                    counted(status.runs, "run") + ", " + std::to_string(status.failed_runs) +
                    " failed\n";
  if (status.next_run) out += "next run " + format_time(*status.next_run) + "\n";
  return out + last_run_text(status);
}

}  // namespace tlspact

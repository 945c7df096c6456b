// SPDX-License-Identifier: MIT
#include "daemon/control/http/api_json.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "policy/utf8.h"

namespace tlspact {
namespace {

namespace json = boost::json;

void put(json::object& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = valid_utf8(text);
}
void put(json::object& to, const char* name, const std::optional<std::string>& text) {
  if (text) to[name] = valid_utf8(*text);
}
void put(json::object& to, const char* name, const std::optional<Time>& time) {
  if (time) to[name] = format_time(*time);
}

template <class Items, class Make>
json::array array_of(const Items& items, Make make) {
  json::array out;
  for (const auto& each : items)
    out.push_back(make(each));
  return out;
}

json::object change_json(const RowChange& change) {
  json::object out{{"key", valid_utf8(change.key)}};
  put(out, "before", change.before);
  put(out, "after", change.after);
  return out;
}

json::object map_json(const MapChanges& map) {
  json::object out{{"mta", map.mta},         {"path", valid_utf8(map.path)},
                   {"added", map.added},     {"removed", map.removed},
                   {"changed", map.changed}, {"rows", array_of(map.rows, change_json)}};
  put(out, "fault", map.fault);
  return out;
}

json::object ending_json(const Ending& ending) {
  return {{"kind", ending_kind_name(ending.kind)},
          {"name", valid_utf8(ending.name)},
          {"at", format_time(ending.at)},
          {"text", valid_utf8(ending.text)},
          {"at_risk", ending.at_risk}};
}

json::object failing_json(const FailingHost& host) {
  json::object out{{"host", valid_utf8(host.host)},
                   {"why", valid_utf8(host.why)},
                   {"domains", host.domains},
                   {"enforced", host.enforced},
                   {"of", array_of(host.of, [](const std::string& each) {
                      return json::value(valid_utf8(each));
                    })}};
  put(out, "address", host.address);
  put(out, "stage", host.stage);
  put(out, "outcome", host.outcome);
  put(out, "level", host.level);
  put(out, "seen", host.seen);
  put(out, "alarm", host.alarm);
  return out;
}

json::object generation_json(const InstalledGeneration& generation) {
  return {{"number", generation.number},
          {"made", format_time(generation.made)},
          {"cause", valid_utf8(generation.cause)},
          {"files", array_of(generation.files, [](const InstalledGeneration::File& file) {
             return json::object{{"path", valid_utf8(file.path.string())},
                                 {"mta", file.mta},
                                 {"origin", file.origin},
                                 {"size", file.identity.size}};
           })}};
}

}  // namespace

json::object changes_json(const GenerationChanges& changes) {
  json::object out{{"after", changes.after},
                   {"after_made", format_time(changes.after_made)},
                   {"maps", array_of(changes.maps, map_json)},
                   {"other_files", array_of(changes.other_files, [](const std::string& each) {
                      return json::value(valid_utf8(each));
                    })}};
  if (changes.before != 0) {
    out["before"] = changes.before;
    out["before_made"] = format_time(changes.before_made);
  }
  return out;
}

json::object expiring_json(const Expiring& expiring) {
  return {{"count", expiring.count}, {"rows", array_of(expiring.rows, ending_json)}};
}

json::object failing_hosts_json(const FailingHosts& failing) {
  return {{"count", failing.count}, {"rows", array_of(failing.rows, failing_json)}};
}

json::object evidence_days_json(const std::vector<EvidenceDay>& days) {
  return {{"days", array_of(days, [](const EvidenceDay& day) {
             return json::object{{"day", format_date(day.day)},
                                 {"positive", day.positive},
                                 {"negative", day.negative},
                                 {"inconclusive", day.inconclusive}};
           })}};
}

json::object generations_json(const History& history) {
  json::object out{{"generations", array_of(history.generations(), generation_json)}};
  if (const auto hold = history.hold()) {
    out["held_at"] = hold->generation;
    out["held_since"] = format_time(hold->since);
  }
  return out;
}

json::object fault_json(const std::string& fault) {
  return {{"error", valid_utf8(fault)}};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/http/change_rows.h"

#include <algorithm>

#include "daemon/control/http/query.h"

namespace tlspact::html {
namespace {

/// "secure" of both MTAs' ways to write it.
std::string level_word(const std::string& value) {
  constexpr std::string_view kExim = "level=";
  const std::size_t from = value.starts_with(kExim) ? kExim.size() : 0;
  return value.substr(from, value.find(' ', from) - from);
}

std::string rest(const std::string& value) {
  const std::size_t space = value.find(' ');
  return space == std::string::npos ? "" : value.substr(space + 1);
}

data change_row(const RowChange& change) {
  const char* what = !change.before ? "new" : !change.after ? "gone" : "changed";
  data out = row({{"what", what}, {"key", change.key}, {"link", percent_encoded(change.key)}});
  for (const auto& [name, value] :
       {std::pair{"old", &change.before}, std::pair{"fresh", &change.after}}) {
    if (!*value) continue;
    out.set(name, row({{"level", level_word(**value)}, {"rest", rest(**value)}}));
  }
  return out;
}

data changed_map(const MapChanges& map) {
  data out = row({{"mta", map.mta},
                  {"path", map.path},
                  {"added", grouped_digits(map.added)},
                  {"removed", grouped_digits(map.removed)},
                  {"changed", grouped_digits(map.changed)},
                  {"shown", grouped_digits(map.rows.size())}});
  if (!map.fault.empty()) out.set("fault", valid_utf8(map.fault));
  set_flag(out, "rows", !map.rows.empty());
  set_flag(out, "more", map.all() > map.rows.size());
  out.set("rows", list_of(map.rows, map.rows.size(), change_row));
  return out;
}

}  // namespace

data changed_maps(const GenerationChanges& changes) {
  return list_of(changes.maps, changes.maps.size(), changed_map);
}

}  // namespace tlspact::html

// SPDX-License-Identifier: MIT
#include "daemon/control/http/change_rows.h"

#include "daemon/control/http/query.h"
#include "generators/rendered_entry.h"

namespace tlspact::html {
namespace {

data change_row(const RowChange& change) {
  const char* what = !change.before ? "new" : !change.after ? "gone" : "changed";
  data out = row({{"what", what}, {"key", change.key}, {"link", percent_encoded(change.key)}});
  for (const auto& [name, value] :
       {std::pair{"old", &change.before}, std::pair{"fresh", &change.after}}) {
    if (!*value) continue;
    const ValueParts parts = split_value(**value);
    out.set(name, row({{"level", std::string{parts.level}}, {"rest", std::string{parts.rest}}}));
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

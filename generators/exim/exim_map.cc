// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <utility>

#include "generators/entry_rows.h"
#include "generators/exim/exim_entry.h"
#include "generators/exim/exim_grammar.h"
#include "generators/exim/exim_inbound.h"
#include "generators/generator.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

/// Exim's partial1(.) lookup lets ".acme.example" answer for acme.example itself too. Where the
/// agreement is on the subdomains only, the domain gets what holds for it otherwise: the pattern of
/// a parent, or an entry that declines.
Rows excluded_apexes(const Snapshot& snapshot, const EximOptions& options) {
  Rows rows;
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    const std::string_view key = snapshot.key_text(i);
    if (!key.starts_with('.') || snapshot.index_of(key.substr(1))) continue;
    const std::string apex{key.substr(1)};
    rows.push_back({apex, exim_parent_value(snapshot, apex, options, snapshot.decided_at)
                              .value_or(std::string{kEximDefault})});
  }
  std::ranges::sort(rows, {}, &Row::key);
  return rows;
}

}  // namespace

Generated render_exim(const Snapshot& snapshot, const GeneratorSettings& settings) {
  Generated out;
  const EximOptions options = settings.exim.options;
  auto rows = entry_rows(
      snapshot, [options](const SnapshotEntry& entry) { return render_exim_entry(entry, options); },
      excluded_apexes(snapshot, options));
  out.artifacts.push_back(
      {settings.exim.map, TableContent{TableType::cdb, std::move(rows)}, "Exim"});
  out.artifacts.push_back({exim_no_ca_path(settings.exim.map), std::string{kEximNoCa}, "Exim"});
  Generated inbound = render_exim_inbound(snapshot, settings.exim);
  std::ranges::move(inbound.artifacts, std::back_inserter(out.artifacts));
  std::ranges::move(inbound.notices, std::back_inserter(out.notices));
  return out;
}

}  // namespace tlspact

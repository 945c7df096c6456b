// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

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
void exclude_apexes(const Snapshot& snapshot, const EximOptions& options, Rows& rows) {
  for (const SnapshotEntry& entry : snapshot.entries) {
    const DomainPattern& pattern = entry.key.pattern;
    const std::string& apex = pattern.domain.text();
    if (!pattern.subdomains || snapshot.find(apex) != nullptr) continue;
    rows.push_back({apex, exim_parent_value(snapshot, apex, options, snapshot.decided_at)
                              .value_or(std::string{kEximDefault})});
  }
}

}  // namespace

Generated render_exim(const Snapshot& snapshot, const GeneratorSettings& settings) {
  Generated out;
  Rows rows;
  for (const SnapshotEntry& entry : snapshot.entries) {
    RenderedEntry rendered = render_exim_entry(entry, settings.exim.options);
    std::ranges::move(rendered.notices, std::back_inserter(out.notices));
    if (rendered.value) rows.push_back({entry.text(), *std::move(rendered.value)});
  }
  out.entries = rows.size();
  exclude_apexes(snapshot, settings.exim.options, rows);
  std::ranges::sort(rows, {}, &Row::key);
  out.artifacts.push_back(
      {settings.exim.map,
       TableContent{TableType::cdb, std::make_shared<const Rows>(std::move(rows))}, "Exim"});
  out.artifacts.push_back({exim_no_ca_path(settings.exim.map), std::string{kEximNoCa}, "Exim"});
  Generated inbound = render_exim_inbound(snapshot, settings.exim);
  std::ranges::move(inbound.artifacts, std::back_inserter(out.artifacts));
  std::ranges::move(inbound.notices, std::back_inserter(out.notices));
  return out;
}

}  // namespace tlspact

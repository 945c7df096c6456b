// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <utility>

#include "generators/generator.h"
#include "generators/postfix/postfix_entry.h"
#include "generators/postfix/postfix_grammar.h"
#include "generators/postfix/postfix_inbound.h"

namespace tlspact {

Generated render_postfix(const Snapshot& snapshot, const GeneratorSettings& settings) {
  Generated out;
  Rows rows;
  for (const SnapshotEntry& entry : snapshot.entries) {
    RenderedEntry rendered = render_postfix_entry(entry, settings.postfix.options);
    std::ranges::move(rendered.notices, std::back_inserter(out.notices));
    if (!rendered.value) continue;
    if (auto key = check_postfix_key(entry.text()); !key) {
      out.notices.push_back(
          {Severity::alert, entry.text(), key.error().text + "; the entry is left out"});
      continue;
    }
    rows.push_back({entry.text(), *std::move(rendered.value)});
  }
  out.entries = rows.size();
  const auto shared = std::make_shared<const Rows>(std::move(rows));
  for (const TableType type : settings.postfix.types) {
    std::filesystem::path path = settings.postfix.map;
    path += table_extension(type);
    out.artifacts.push_back({std::move(path), TableContent{type, shared}, "Postfix"});
  }
  Generated inbound = render_postfix_inbound(snapshot, settings.postfix);
  std::ranges::move(inbound.artifacts, std::back_inserter(out.artifacts));
  std::ranges::move(inbound.notices, std::back_inserter(out.notices));
  return out;
}

}  // namespace tlspact

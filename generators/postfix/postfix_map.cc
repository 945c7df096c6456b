// SPDX-License-Identifier: MIT
#include "generators/entry_rows.h"
#include "generators/generator.h"
#include "generators/postfix/postfix_entry.h"
#include "generators/postfix/postfix_grammar.h"
#include "generators/postfix/postfix_inbound.h"

namespace tlspact {
namespace {

/// Value and key are both read back as Postfix does.
RenderedEntry render_row(const SnapshotEntry& entry, const PostfixOptions& options) {
  RenderedEntry rendered = render_postfix_entry(entry, options);
  if (!rendered.value) return rendered;
  if (auto key = check_postfix_key(entry.text()); !key) {
    rendered.notices.push_back(
        {Severity::alert, entry.text(), key.error().text + "; the entry is left out"});
    rendered.value.reset();
    rendered.depends_on_key = true;
  }
  return rendered;
}

}  // namespace

Generated render_postfix(const Snapshot& snapshot, const GeneratorSettings& settings) {
  Generated out;
  const auto rows = entry_rows(snapshot,
                               [options = settings.postfix.options](const SnapshotEntry& entry) {
                                 return render_row(entry, options);
                               },
                               {});
  for (const TableType type : settings.postfix.types) {
    std::filesystem::path path = settings.postfix.map;
    path += table_extension(type);
    out.artifacts.push_back({std::move(path), TableContent{type, rows}, "Postfix"});
  }
  Generated inbound = render_postfix_inbound(snapshot, settings.postfix);
  std::ranges::move(inbound.artifacts, std::back_inserter(out.artifacts));
  std::ranges::move(inbound.notices, std::back_inserter(out.notices));
  return out;
}

}  // namespace tlspact

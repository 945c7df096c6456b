// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_maps.h"

#include "daemon/control/drill/private_mounts.h"

namespace tlspact {

namespace fs = std::filesystem;

Result<DrillRows> drill_rows(const Artifact& map) {
  DrillRows out;
  const auto each = map.table()->rows->each([&](std::string_view key, std::string_view value) {
    out.emplace(key, value);
    return Result<void>{};
  });
  if (!each) return std::unexpected(each.error());
  return out;
}

Result<void> copy_with_rows(TableType type, const fs::path& installed, const fs::path& copy,
                            const DrillRows& rows) {
  auto reader = open_table(type, installed);
  if (!reader) return std::unexpected(reader.error());
  auto writer = create_table(type, copy);
  if (!writer) return std::unexpected(writer.error());
  auto next = rows.begin();
  for (;;) {
    const auto more = (*reader)->next();
    if (!more) return std::unexpected(more.error());
    for (; next != rows.end() && (!*more || next->first < (*reader)->key()); ++next)
      if (auto added = (*writer)->add(next->first, next->second); !added)
        return std::unexpected(added.error());
    if (!*more) return (*writer)->finish();
    if (rows.contains((*reader)->key())) continue;
    if (auto added = (*writer)->add((*reader)->key(), (*reader)->value()); !added)
      return std::unexpected(added.error());
  }
}

Result<DrillRows> show_drill_maps(std::span<const Artifact> artifacts, const fs::path& work) {
  DrillRows out;
  bool shown = false;
  std::string missing;
  std::error_code error;
  fs::create_directories(work, error);
  for (const Artifact& each : artifacts) {
    if (each.table() == nullptr) continue;
    auto rows = drill_rows(each);
    if (!rows) return std::unexpected(rows.error());
    out = *std::move(rows);
    missing = each.path.string();
    if (!fs::exists(each.path, error)) continue;
    const fs::path copy = work / each.path.filename();
    auto done = copy_with_rows(each.table()->type, each.path, copy, out);
    if (done) done = show_at(copy, each.path);
    if (!done) return std::unexpected(done.error());
    shown = true;
  }
  if (!shown) return fail(Errc::no_input, missing + " does not exist; run tlspact generate first");
  return out;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/service/store_numbers.h"

#include "daemon/config/clock.h"
#include "daemon/store/store.h"

namespace tlspact {
namespace {

EvidenceCounts counted(const Endpoints& endpoints) {
  EvidenceCounts counts;
  for (const auto& [key, memory] : endpoints.all()) {
    if (memory.alarm) ++counts.alarms;
    if (!memory.last) continue;
    switch (memory.last->kind) {
      case EvidenceKind::positive:
        ++counts.positive;
        break;
      case EvidenceKind::negative:
        ++counts.negative;
        break;
      case EvidenceKind::inconclusive:
        ++counts.inconclusive;
        break;
    }
  }
  return counts;
}

}  // namespace

Result<void> count_store(const Config& config, ServiceStatus& status) {
  Notices unused;
  auto store = Store::open(config.store_path(), Store::Access::read_beside, clock_now(), unused);
  if (!store) return std::unexpected(store.error());
  count_store(*store, status);
  return {};
}

void count_store(Store& store, ServiceStatus& status) {
  status.lists.clear();
  for (const std::string& name : store.list_names().value_or(std::vector<std::string>{})) {
    const auto list = store.list(name);
    if (list && *list)
      status.lists.push_back({(*list)->name, (*list)->timestamp, (*list)->expires, (*list)->fetched,
                              (*list)->enforced});
  }
  const auto endpoints = store.endpoints();
  status.evidence = endpoints ? counted(*endpoints) : EvidenceCounts{};
  status.correspondents = store.correspondent_count().value_or(0);
}

}  // namespace tlspact

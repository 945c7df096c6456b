// SPDX-License-Identifier: MIT
#include "policy/entry_changes.h"

#include <string_view>

namespace tlspact {
namespace {

/// Compares rulings of two snapshots, which count their origins each for itself.
class RulingComparison {
 public:
  RulingComparison(const Snapshot& before, const Snapshot& after)
      : before_(before),
        after_(after),
        same_origins_(before.origins().bytes() == after.origins().bytes() &&
                      before.origins().ends() == after.origins().ends()) {}

  [[nodiscard]] bool same(std::size_t i, std::size_t j) const {
    const std::string_view a = before_.rulings()[before_.ruling_number(i)];
    const std::string_view b = after_.rulings()[after_.ruling_number(j)];
    if (same_origins_) return a == b;
    return Snapshot::same_ruling(before_, i, after_, j);
  }

 private:
  const Snapshot& before_;
  const Snapshot& after_;
  bool same_origins_;
};

}  // namespace

std::optional<std::vector<EntryChange>> entry_changes(const Snapshot& before, const Snapshot& after,
                                                      std::size_t limit) {
  const RulingComparison rulings{before, after};
  std::vector<EntryChange> changes;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    int order = 0;
    if (i == before.size()) {
      order = 1;
    } else if (j == after.size()) {
      order = -1;
    } else {
      order = before.key_text(i).compare(after.key_text(j));
    }
    if (order != 0 || !rulings.same(i, j)) {
      if (changes.size() == limit) return std::nullopt;
      changes.push_back({.before = order <= 0 ? std::optional{i} : std::nullopt,
                         .after = order >= 0 ? std::optional{j} : std::nullopt});
    }
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return changes;
}

}  // namespace tlspact

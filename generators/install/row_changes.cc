// SPDX-License-Identifier: MIT
#include "generators/install/row_changes.h"

#include <memory>
#include <utility>

namespace tlspact {
namespace {

/// A reader that has ended where the table cannot be read (any more).
class Side {
 public:
  explicit Side(TableReader* reader) : reader_(reader) { advance(); }
  void advance() {
    if (reader_ == nullptr) return;
    auto more = reader_->next();
    if (!more) fault_ = more.error();
    if (!more || !*more) reader_ = nullptr;
  }
  [[nodiscard]] bool at_end() const { return reader_ == nullptr; }
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  [[nodiscard]] std::string_view key() const { return reader_->key(); }
  [[nodiscard]] std::string_view value() const { return reader_->value(); }

 private:
  TableReader* reader_;
  std::optional<Error> fault_;
};

/// Moves behind the lower one of two keys, or behind both if they are equal; the change in between.
std::optional<RowChange> step(Side& before, Side& after) {
  std::optional<RowChange> change;
  if (after.at_end() || (!before.at_end() && before.key() < after.key())) {
    change = RowChange{std::string{before.key()}, std::string{before.value()}, {}};
    before.advance();
  } else if (before.at_end() || after.key() < before.key()) {
    change = RowChange{std::string{after.key()}, {}, std::string{after.value()}};
    after.advance();
  } else {
    if (before.value() != after.value())
      change = RowChange{std::string{after.key()}, std::string{before.value()},
                         std::string{after.value()}};
    before.advance();
    after.advance();
  }
  return change;
}

}  // namespace

void each_row_change(const StagedArtifact& artifact,
                     const std::function<bool(const RowChange&)>& visit) {
  const auto type = artifact.artifact.table_type();
  if (!type || artifact.change == StagedArtifact::Change::unchanged) return;
  const auto target = open_table(*type, artifact.target);
  const auto staged = open_table(*type, artifact.staged);
  Side before{target ? target->get() : nullptr};
  Side after{staged ? staged->get() : nullptr};
  bool go_on = true;
  while (go_on && !(before.at_end() && after.at_end())) {
    if (const auto change = step(before, after)) go_on = visit(*change);
  }
}

Result<void> compare_tables(TableReader* before_rows, TableReader* after_rows,
                            const std::function<bool()>& go_on,
                            const std::function<bool(const RowChange&)>& visit) {
  constexpr std::size_t kAskedEvery = 4096;
  Side before{before_rows};
  Side after{after_rows};
  for (std::size_t rows = 0; !(before.at_end() && after.at_end()); ++rows) {
    for (const Side* side : {&before, &after}) {
      if (side->fault()) return std::unexpected(*side->fault());
    }
    if (rows % kAskedEvery == 0 && !go_on())
      return fail(Errc::try_again, "comparing the tables takes too long");
    const auto change = step(before, after);
    if (change && !visit(*change)) return {};
  }
  for (const Side* side : {&before, &after}) {
    if (side->fault()) return std::unexpected(*side->fault());
  }
  return {};
}

std::optional<RowChange> first_row_change(const StagedArtifact& artifact) {
  std::optional<RowChange> first;
  each_row_change(artifact, [&](const RowChange& change) {
    first = change;
    return false;
  });
  return first;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "generators/install/row_changes.h"

#include <memory>
#include <utility>

namespace tlspact {
namespace {

/// A reader that has ended where the file cannot be read (any more).
class Side {
 public:
  Side(TableType type, const std::filesystem::path& path) {
    auto reader = open_table(type, path);
    if (reader) reader_ = *std::move(reader);
    advance();
  }
  void advance() {
    if (reader_ == nullptr) return;
    const auto more = reader_->next();
    if (!more || !*more) reader_.reset();
  }
  [[nodiscard]] bool at_end() const { return reader_ == nullptr; }
  [[nodiscard]] std::string_view key() const { return reader_->key(); }
  [[nodiscard]] std::string_view value() const { return reader_->value(); }

 private:
  std::unique_ptr<TableReader> reader_;
};

}  // namespace

void each_row_change(const StagedArtifact& artifact,
                     const std::function<bool(const RowChange&)>& visit) {
  const auto type = artifact.artifact.table_type();
  if (!type || artifact.change == StagedArtifact::Change::unchanged) return;
  Side before{*type, artifact.target};
  Side after{*type, artifact.staged};
  bool go_on = true;
  while (go_on && !(before.at_end() && after.at_end())) {
    if (after.at_end() || (!before.at_end() && before.key() < after.key())) {
      go_on = visit({std::string{before.key()}, std::string{before.value()}, {}});
      before.advance();
    } else if (before.at_end() || after.key() < before.key()) {
      go_on = visit({std::string{after.key()}, {}, std::string{after.value()}});
      after.advance();
    } else {
      if (before.value() != after.value())
        go_on = visit(
            {std::string{after.key()}, std::string{before.value()}, std::string{after.value()}});
      before.advance();
      after.advance();
    }
  }
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

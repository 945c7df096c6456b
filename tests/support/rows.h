// SPDX-License-Identifier: MIT
/// Row streams from rows at hand, and back.
#pragma once

#include <memory>
#include <utility>

#include "generators/artifact.h"

namespace tlspact::test {

class FixedRows : public RowStream {
 public:
  explicit FixedRows(Rows rows) : rows_(std::move(rows)) {}
  Result<StreamReport> each(const RowSink& sink) const override {
    for (const Row& row : rows_) {
      if (auto taken = sink(row.key, row.value); !taken) return std::unexpected(taken.error());
    }
    return StreamReport{.entries = rows_.size(), .notices = {}};
  }

 private:
  Rows rows_;
};

inline std::shared_ptr<const RowStream> stream_of(Rows rows) {
  return std::make_shared<const FixedRows>(std::move(rows));
}

inline Rows rows_of(const Artifact& artifact) {
  Rows out;
  const auto report =
      artifact.table()->rows->each([&](std::string_view key, std::string_view value) {
        out.push_back({std::string{key}, std::string{value}});
        return Result<void>{};
      });
  return out;
}

}  // namespace tlspact::test

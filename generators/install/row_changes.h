// SPDX-License-Identifier: MIT
/// What an install changes in a table, row by row.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "generators/install/staging.h"
#include "generators/table/table.h"

namespace tlspact {

/// A key that was added, removed or has another value; an empty optional is "was not there".
struct RowChange {
  std::string key;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

/// Walks the staged table and its target side by side, in key order, without holding either in
/// memory; `visit` returns false to stop. Before commit(). A target that cannot be read counts as
/// empty from there on. Nothing for a plain file, or for one that is unchanged.
void each_row_change(const StagedArtifact& artifact,
                     const std::function<bool(const RowChange&)>& visit);

/// The same for any two tables, from where their readers stand; nullptr is an empty table. `go_on`
/// is asked every few thousand rows, whether they differ or not. Errors: bad_input, one of them is
/// damaged; try_again, `go_on` said no.
[[nodiscard]] Result<void> compare_tables(TableReader* before, TableReader* after,
                                          const std::function<bool()>& go_on,
                                          const std::function<bool(const RowChange&)>& visit);

/// The first one; nullopt: nothing changes.
[[nodiscard]] std::optional<RowChange> first_row_change(const StagedArtifact& artifact);

}  // namespace tlspact

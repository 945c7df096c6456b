// SPDX-License-Identifier: MIT
/// generation_changes(): how the maps of one installed generation differ from those of another, by
/// the files themselves: what an MTA saw before, and what it sees now.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "generators/install/history.h"
#include "generators/install/row_changes.h"

namespace tlspact {

/// Bytes of a row's value that are kept.
inline constexpr std::size_t kMostValue = 1000;

/// Of one mail server: the first of its tables stands for all types of the same map.
struct MapChanges {
  std::string mta;
  std::string path;
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;      ///< with another value
  std::vector<RowChange> rows;  ///< the first of them, ascending by key
  std::string fault;            ///< why it could not be compared to its end; empty: it was

  [[nodiscard]] std::size_t all() const { return added + removed + changed; }
};

/// A default one: there is nothing to compare.
struct GenerationChanges {
  unsigned before = 0;  ///< the generation's number; 0: nothing was installed before
  unsigned after = 0;
  Time before_made;
  Time after_made;
  std::vector<MapChanges> maps;
  std::vector<std::string> other_files;  ///< plain files that are new or different

  /// Rows of all maps.
  [[nodiscard]] std::size_t all() const;
  /// Those of the map with the most: mail servers have the same next-hops, by and large.
  [[nodiscard]] std::size_t next_hops() const;
};

struct ChangeLimits {
  std::size_t rows = 200;  ///< that are kept of a map; all are counted
  /// Asked now and then; false ends the comparison.
  std::function<bool()> go_on = [] { return true; };
};

/// `before` nullptr: nothing was installed. Reads both files of a map side by side, row by row, and
/// not at all where both generations have the same file.
[[nodiscard]] GenerationChanges generation_changes(const History& history,
                                                   const InstalledGeneration* before,
                                                   const InstalledGeneration& after,
                                                   const ChangeLimits& limits);

/// The newest generation that was made at `time` or before, else the oldest one that is kept;
/// nullptr: there is none.
[[nodiscard]] const InstalledGeneration* generation_at(const History& history, Time time);

}  // namespace tlspact

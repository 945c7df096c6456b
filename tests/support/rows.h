// SPDX-License-Identifier: MIT
/// The rows of an artifact, all at once.
#pragma once

#include <string>
#include <string_view>

#include "generators/artifact.h"

namespace tlspact::test {

inline Rows rows_of(const Artifact& artifact) {
  Rows out;
  const auto report =
      artifact.table()->rows->each([&](std::string_view key, std::string_view value) {
        out.push_back({std::string{key}, std::string{value}});
        return Result<void>{};
      });
  static_cast<void>(report);
  return out;
}

}  // namespace tlspact::test

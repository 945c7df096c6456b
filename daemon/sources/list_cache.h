// SPDX-License-Identifier: MIT
/// A parsed list as a file, so that a list that was parsed once need not be parsed again.
#pragma once

#include <filesystem>

#include "policy/policy_list.h"
#include "policy/result.h"

namespace tlspact {

/// Of the list in `list_file`, whose name is its digest: beside it.
[[nodiscard]] std::filesystem::path list_cache_path(const std::filesystem::path& list_file);

/// See parts_file.h. A lost or damaged one costs time only.
[[nodiscard]] Result<void> write_list_cache(const std::filesystem::path& file,
                                            const PolicyList& list);
[[nodiscard]] Result<PolicyList> read_list_cache(const std::filesystem::path& file);

}  // namespace tlspact

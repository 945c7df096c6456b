// SPDX-License-Identifier: MIT
/// The agreements as check and init need them while they are still root: read from the directory
/// alone, without the store that another user may write.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "policy/agreement.h"
#include "policy/time.h"

namespace tlspact {

/// Shared, immutable.
using Agreements = std::vector<std::shared_ptr<const Agreement>>;

/// Those of every good file that hold at `now`, in the order of files and entries. A file that
/// cannot be read or is refused is passed over: refresh() is what says so.
[[nodiscard]] Agreements agreements_in_force(const std::filesystem::path& directory, Time now);

/// Whether mail must wait rather than go without TLS: encrypt and more, and no exception.
[[nodiscard]] bool is_mandatory(const Agreement& agreement);

/// The ca_file of every agreement, once each.
[[nodiscard]] std::vector<std::string> agreed_ca_files(const Agreements& agreements);

}  // namespace tlspact

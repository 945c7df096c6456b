// SPDX-License-Identifier: MIT
/// The files of a directory of agreements, as everything that reads them must see them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// The *.toml files of a directory by name, hidden ones left out. Error no_input: there is no such
/// directory; io: it cannot be read.
[[nodiscard]] Result<std::vector<std::filesystem::path>> agreement_files(
    const std::filesystem::path& directory);

/// The bytes of one. Error bad_input: it is not a regular file (a FIFO is never waited for), or
/// larger than 16 MiB; no_input: it cannot be opened.
[[nodiscard]] Result<std::string> read_agreement_file(const std::filesystem::path& path);

}  // namespace tlspact

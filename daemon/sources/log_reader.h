// SPDX-License-Identifier: MIT
/// Reading a mail log on from where it was read up to, across its rotation.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/store/stored_lookups.h"
#include "policy/result.h"

namespace tlspact {

using LineSink = std::function<void(std::string_view line)>;

/// Calls `take` for every whole line behind `position`, and returns the position behind the last.
/// If the log was rotated meanwhile, the rest of the old file is read first, where it still lies
/// uncompressed beside it, as "PATH.1" (logrotate) or "PATH.0". A log that was cut off in place, or
/// never read, is read from its beginning. Lines over 64 KiB are passed over. At most 1 GiB is read
/// in one call; the next one goes on. Error (no_input): the log cannot be read.
[[nodiscard]] Result<LogPosition> read_log(const std::filesystem::path& path,
                                           const LogPosition& position, const LineSink& take);

/// The same for the mail messages of the systemd journal, by journalctl(1): of the last 30 days if
/// it was never read. `arguments`: further ones for journalctl. Errors: it cannot be run, or fails
/// (unavailable).
[[nodiscard]] Result<LogPosition> read_journal(const LogPosition& position, const LineSink& take,
                                               const std::vector<std::string>& arguments = {});

}  // namespace tlspact

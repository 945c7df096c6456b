// SPDX-License-Identifier: MIT
/// The domains that mail goes to, as far as files of this machine tell: they are looked up before
/// mail needs them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/store/store.h"
#include "policy/notice.h"
#include "policy/time.h"

namespace tlspact {

/// "journal" in place of a path: the systemd journal.
inline constexpr std::string_view kJournal = "journal";

/// A domain that no log has named for so long is forgotten.
inline constexpr Seconds kForgottenAfter = std::chrono::days{90};

/// More are not remembered.
inline constexpr std::size_t kMostCorrespondents = 1'000'000;

/// Those beyond `most`, to be forgotten: of the ones without a policy those that are longest
/// unused. One that has a policy is never among them. Pure.
[[nodiscard]] std::vector<std::string> surplus_correspondents(
    std::vector<StoredCorrespondent> known,
    const std::function<bool(const std::string& domain)>& has_policy, std::size_t most);

struct CorrespondentReading {
  std::vector<StoredCorrespondent> named;    ///< by file or logs, each once, seen now
  std::vector<StoredLogPosition> positions;  ///< of the logs that were read on
  Notices notices;  ///< what could not be read, and lines of the file that name no domain
};

/// Reads the file whole, and every log on from where it was read up to. Names are converted to
/// A-labels; what a log names that is no domain is passed over. At most a million domains.
[[nodiscard]] CorrespondentReading read_correspondents(
    const Config& config, const std::vector<StoredLogPosition>& positions, Time now);

}  // namespace tlspact

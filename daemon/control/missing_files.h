// SPDX-License-Identifier: MIT
/// The files that agreements name, as far as they are not there.
#pragma once

#include <string>
#include <vector>

#include "policy/notice.h"
#include "policy/snapshot.h"

namespace tlspact {

/// A ca_file, client certificate or key.
struct NamedFile {
  std::string path;
  std::string subject;  ///< the first next-hop whose agreement names it
};

/// Each once, of the agreements that a snapshot has entries of.
[[nodiscard]] std::vector<NamedFile> named_files(const Snapshot& snapshot);

/// One alert for each that does not exist on this machine. The MTA reads them when it delivers; a
/// missing one defers mail.
[[nodiscard]] Notices missing_files(const std::vector<NamedFile>& files);
[[nodiscard]] Notices missing_files(const Snapshot& snapshot);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// The files that agreements name, as far as they are not there.
#pragma once

#include "policy/notice.h"
#include "policy/snapshot.h"

namespace tlspact {

/// One alert for each ca_file, client certificate or key that does not exist on this machine. The
/// MTA reads them when it delivers; a missing one defers mail. (Postfix opens a ca_file inside its
/// chroot, which is not looked into.)
[[nodiscard]] Notices missing_files(const Snapshot& snapshot);

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/missing_files.h"

#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

namespace tlspact {

Notices missing_files(const Snapshot& snapshot) {
  Notices out;
  std::set<std::string> seen;
  for (const SnapshotEntry& entry : snapshot.entries) {
    const TlsPolicy& policy = *entry.policy;
    for (const std::string* path :
         {&policy.ca_file, &policy.client_certificate, &policy.client_key}) {
      if (path->empty() || !seen.insert(*path).second) continue;
      // A key that only the MTA may see is no fault.
      if (::access(path->c_str(), F_OK) == 0 || errno == EACCES) continue;
      out.push_back({Severity::alert, entry.text(),
                     *path + ": the agreement names this file, which does not exist; mail to the "
                             "domain will be deferred"});
    }
  }
  return out;
}

}  // namespace tlspact

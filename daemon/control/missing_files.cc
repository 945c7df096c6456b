// SPDX-License-Identifier: MIT
#include "daemon/control/missing_files.h"

#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>

namespace tlspact {

std::vector<NamedFile> named_files(const Snapshot& snapshot) {
  std::vector<NamedFile> out;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    if (snapshot.ruling(i).source != Source::agreement) continue;
    const SnapshotEntry entry = snapshot.entry(i);
    for (const std::string* path :
         {&entry.policy->ca_file, &entry.policy->client_certificate, &entry.policy->client_key}) {
      if (!path->empty() && seen.insert(*path).second) out.push_back({*path, entry.text()});
    }
  }
  return out;
}

Notices missing_files(const std::vector<NamedFile>& files) {
  Notices out;
  for (const NamedFile& file : files) {
    // A key that only the MTA may see is no fault.
    if (::access(file.path.c_str(), F_OK) == 0 || errno == EACCES) continue;
    out.push_back({Severity::alert, file.subject,
                   file.path + ": the agreement names this file, which does not exist; mail to "
                               "the domain will be deferred"});
  }
  return out;
}

Notices missing_files(const Snapshot& snapshot) {
  return missing_files(named_files(snapshot));
}

}  // namespace tlspact

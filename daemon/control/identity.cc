// SPDX-License-Identifier: MIT
#include "daemon/control/identity.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generators/table/file.h"

namespace tlspact {

Result<void> become_owner_of(const std::filesystem::path& state_dir) {
  if (::geteuid() != 0) return {};
  struct stat status{};
  if (::stat(state_dir.c_str(), &status) != 0 || status.st_uid == 0) return {};
  // The owner's own group; the directory's may be root's.
  const passwd* owner = ::getpwuid(status.st_uid);
  const gid_t group = owner == nullptr ? status.st_gid : owner->pw_gid;
  // With the groups that it is a member of: those that may read mail logs, for one.
  const bool grouped =
      owner == nullptr ? ::setgroups(1, &group) == 0 : ::initgroups(owner->pw_name, group) == 0;
  if (!grouped || ::setgid(group) != 0 || ::setuid(status.st_uid) != 0)
    return io_error(state_dir, "used under its owner's identity");
  return {};
}

}  // namespace tlspact

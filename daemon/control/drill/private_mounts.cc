// SPDX-License-Identifier: MIT
#include "daemon/control/drill/private_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tlspact {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> mount_error(const fs::path& path, std::string_view what) {
  const std::string why = std::strerror(errno);
  return fail(Errc::unavailable, path.string() + ": " + std::string{what} + ": " + why);
}

/// Owner and mode of what is at `from`.
bool own_like(const fs::path& from, const fs::path& to) {
  struct stat status{};
  if (::lstat(from.c_str(), &status) != 0) return false;
  if (::lchown(to.c_str(), status.st_uid, status.st_gid) != 0) return false;
  constexpr mode_t kBits = 07777;
  return S_ISLNK(status.st_mode) || ::chmod(to.c_str(), status.st_mode & kBits) == 0;
}

bool copy_one(const fs::directory_entry& entry, const fs::path& to) {
  std::error_code error;
  const fs::file_status status = entry.symlink_status(error);
  if (error) return false;
  if (fs::is_symlink(status)) {
    fs::copy_symlink(entry.path(), to, error);
  } else if (fs::is_directory(status)) {
    fs::create_directory(to, error);
  } else if (fs::is_regular_file(status)) {
    fs::copy_file(entry.path(), to, error);
  } else {
    return true;
  }
  return !error && own_like(entry.path(), to);
}

}  // namespace

Result<void> make_mounts_private() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return mount_error("/", "cannot be made a private mount");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes) != 0)
    return mount_error("/",
                       "cannot be made read-only for the drill (Linux 5.12 or later is needed)");
  return {};
}

Result<void> mount_memory(const fs::path& directory) {
  if (::mount("tmpfs", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0)
    return mount_error(directory, "no file system in memory can be mounted there");
  return {};
}

Result<void> show_at(const fs::path& source, const fs::path& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return mount_error(target, "the drill's own cannot be mounted there");
  return {};
}

Result<void> copy_tree(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to, error);
  if (error || !own_like(from, to)) return mount_error(to, "cannot be made");
  auto walk = fs::recursive_directory_iterator{from, error};
  for (; !error && walk != fs::recursive_directory_iterator{}; walk.increment(error)) {
    if (!copy_one(*walk, to / walk->path().lexically_relative(from)))
      return mount_error(walk->path(), "cannot be copied for the drill");
  }
  if (error)
    return fail(Errc::io, from.string() + ": cannot be read for the drill: " + error.message());
  return {};
}

Result<void> make_like(const fs::path& model, const fs::path& made) {
  std::error_code error;
  fs::create_directories(made, error);
  if (error || !own_like(model, made)) return mount_error(model, "has no copy");
  return {};
}

}  // namespace tlspact

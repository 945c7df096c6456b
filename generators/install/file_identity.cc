// SPDX-License-Identifier: MIT
#include "generators/install/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <vector>

#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLabel = "security.selinux";

/// File systems and kernels without labels have none to keep.
Result<void> take_label(const fs::path& fresh, const fs::path& model) {
  std::vector<char> label(4096);
  const ssize_t size = ::getxattr(model.c_str(), kLabel, label.data(), label.size());
  if (size <= 0) return {};
  if (::setxattr(fresh.c_str(), kLabel, label.data(), static_cast<std::size_t>(size), 0) != 0 &&
      errno != ENOTSUP && errno != EPERM && errno != EACCES)
    return io_error(fresh, "given its SELinux label");
  return {};
}

Result<void> take_group(const fs::path& fresh, const struct stat& model) {
  constexpr mode_t kOthersRead = 0004;
  if (::chown(fresh.c_str(), model.st_uid, model.st_gid) == 0) return {};
  if (::chown(fresh.c_str(), static_cast<uid_t>(-1), model.st_gid) == 0) return {};
  if ((model.st_mode & kOthersRead) != 0) return {};
  return fail(Errc::io, fresh.string() + ": cannot be given the group of the file it replaces: " +
                            std::strerror(errno) +
                            "; run tlspact as root or as a member of that group");
}

/// All of it through the kernel; false: this file system cannot.
bool copy_in_kernel(int from, int to, off_t size) {
  for (off_t left = size; left > 0;) {
    const ssize_t copied =
        ::copy_file_range(from, nullptr, to, nullptr, static_cast<std::size_t>(left), 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) return false;
    left -= copied;
  }
  return true;
}

bool copy_by_hand(int from, int to) {
  std::vector<char> buffer(1UL << 20);
  if (::lseek(from, 0, SEEK_SET) != 0 || ::lseek(to, 0, SEEK_SET) != 0) return false;
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    for (ssize_t done = 0; done < got;) {
      const ssize_t written =
          ::write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      done += written;
    }
  }
}

}  // namespace

std::optional<FileIdentity> FileIdentity::of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return FileIdentity{.device = status.st_dev,
                      .inode = status.st_ino,
                      .size = static_cast<std::uint64_t>(status.st_size),
                      .modified = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

std::string FileIdentity::text() const {
  return std::to_string(device) + " " + std::to_string(inode) + " " + std::to_string(size) + " " +
         std::to_string(modified);
}

std::optional<FileIdentity> FileIdentity::parse(const std::string& text) {
  std::istringstream in{text};
  FileIdentity out;
  if (in >> out.device >> out.inode >> out.size >> out.modified) return out;
  return std::nullopt;
}

Result<void> take_ownership(const fs::path& fresh, const fs::path& model) {
  constexpr mode_t kPermissions = 07777;
  struct stat status{};
  if (::stat(model.c_str(), &status) != 0) return {};
  if (auto taken = take_group(fresh, status); !taken) return taken;
  if (::chmod(fresh.c_str(), status.st_mode & kPermissions) != 0)
    return io_error(fresh, "given its mode");
  return take_label(fresh, model);
}

Result<void> copy_whole_file(const fs::path& from, const fs::path& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return io_error(from, "read");
  const fs::path part = to.string() + std::string{kPartMark};
  std::error_code ignored;
  fs::remove(part, ignored);
  struct stat status{};
  const int out = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  bool good = out >= 0 && ::fstat(in, &status) == 0 &&
              (copy_in_kernel(in, out, status.st_size) || copy_by_hand(in, out));
  const struct timespec times[2] = {status.st_atim, status.st_mtim};
  good = good && ::futimens(out, times) == 0;
  int error = errno;
  ::close(in);
  if (out >= 0) ::close(out);
  if (good && std::rename(part.c_str(), to.c_str()) == 0) return {};
  if (good) error = errno;
  fs::remove(part, ignored);
  errno = error;
  auto failed = io_error(to, "written");
  failed.error().code = Errc::io;
  return failed;
}

}  // namespace tlspact

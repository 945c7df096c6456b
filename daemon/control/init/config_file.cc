// SPDX-License-Identifier: MIT
#include "daemon/control/init/config_file.h"

#include <Poco/SHA2Engine.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = std::size_t{64} << 20U;
constexpr mode_t kModeBits = 07777;

/// Labels that the old file carries; what the file system or our rights do not allow stays away.
void copy_attributes(const fs::path& from, const fs::path& to) {
  std::array<char, 4096> names{};
  const ssize_t length = ::listxattr(from.c_str(), names.data(), names.size());
  for (ssize_t at = 0; at < length;) {
    const std::string name{names.data() + at};
    std::array<char, 4096> value{};
    const ssize_t size = ::getxattr(from.c_str(), name.c_str(), value.data(), value.size());
    if (size >= 0)
      static_cast<void>(
          ::setxattr(to.c_str(), name.c_str(), value.data(), static_cast<std::size_t>(size), 0));
    at += static_cast<ssize_t>(name.size()) + 1;
  }
}

Result<void> replace(const FileState& state) {
  const fs::path& path = state.path;
  if (auto made = make_directories(path.parent_path()); !made) return made;
  // Debian's update-exim4.conf and Postfix both pass over a name that begins with a dot.
  const fs::path beside = path.parent_path() / ("." + path.filename().string() + ".tlspact-new");
  ::unlink(beside.c_str());  // of a run that was killed
  if (auto written = write_new_file(beside, state.bytes, state.mode & kModeBits); !written)
    return written;
  // The mode again, because chown takes set-id bits away.
  if (::chown(beside.c_str(), state.owner, state.group) != 0 ||
      ::chmod(beside.c_str(), state.mode & kModeBits) != 0)
    return io_error(beside, "given its owner");
  copy_attributes(path, beside);
  if (::rename(beside.c_str(), path.c_str()) != 0) return io_error(path, "replaced");
  return flush_directory(path.parent_path());
}

}  // namespace

Result<FileState> read_file_state(const fs::path& given) {
  FileState out;
  std::error_code error;
  out.path = fs::weakly_canonical(given, error);
  if (error) out.path = given;
  out.owner = ::geteuid();
  out.group = ::getegid();
  struct stat status{};
  if (::stat(out.path.c_str(), &status) != 0) {
    if (errno == ENOENT) return out;
    return io_error(out.path, "read");
  }
  if (!S_ISREG(status.st_mode))
    return fail(Errc::io, out.path.string() + ": is no plain file, move it away");
  auto bytes = read_file(out.path, kLimit);
  if (!bytes) return std::unexpected(bytes.error());
  out.exists = true;
  out.bytes = *std::move(bytes);
  out.mode = status.st_mode & kModeBits;
  out.owner = status.st_uid;
  out.group = status.st_gid;
  return out;
}

Result<void> write_file_state(const FileState& state) {
  if (state.exists) return replace(state);
  if (::unlink(state.path.c_str()) != 0 && errno != ENOENT) return io_error(state.path, "removed");
  std::error_code error;
  if (!fs::exists(state.path.parent_path(), error)) return {};
  return flush_directory(state.path.parent_path());
}

std::string sha256_hex(const std::string& bytes) {
  Poco::SHA2Engine engine{Poco::SHA2Engine::SHA_256};
  engine.update(bytes);
  return Poco::DigestEngine::digestToHex(engine.digest());
}

std::vector<fs::path> missing_parents(const fs::path& path) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::path parent = path.parent_path();
       parent.has_relative_path() && !fs::exists(parent, error); parent = parent.parent_path())
    out.push_back(parent);
  std::ranges::reverse(out);
  return out;
}

}  // namespace tlspact

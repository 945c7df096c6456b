// SPDX-License-Identifier: MIT
#include "generators/table/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tlspact {

namespace {

/// Root, who is refused all the same, cannot be told to be root.
std::string owner_remedy(const std::filesystem::path& path) {
  if (::geteuid() == 0)
    return "; root is refused as well: see whether a security module or a network file system "
           "forbids it";
  return "; run tlspact as root or as the owner of " + path.parent_path().string();
}

std::string remedy_of(int error, const std::filesystem::path& path) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; make room there and run again";
    case EROFS:
      return "; mount that file system writable";
    case EACCES:
      return owner_remedy(path);
    case EPERM:  // what chattr gives for a reason, too
      return ::geteuid() == 0 ? "; see with lsattr whether " + path.parent_path().string() +
                                    " or what lies there is immutable (chattr -i)"
                              : owner_remedy(path) + ", and see that it is not immutable (lsattr)";
    case EFBIG:
      return "; raise the limit on the size of files (ulimit -f)";
    case ENOTDIR:
      return "; something that is no directory stands in its path, remove it";
    case EIO:
      return "; see in the kernel's log whether the disk fails";
    default:
      return {};
  }
}

}  // namespace

std::unexpected<Error> io_error(const std::filesystem::path& path, std::string_view doing) {
  const int error = errno;
  return fail(error == ENOENT ? Errc::no_input : Errc::io,
              path.string() + ": cannot be " + std::string{doing} + ": " + std::strerror(error) +
                  remedy_of(error, path));
}

Result<void> make_directories(const std::filesystem::path& directory) {
  constexpr mode_t kMode = 0755;
  std::filesystem::path made;
  for (const std::filesystem::path& part : directory) {
    made /= part;
    if (::mkdir(made.c_str(), kMode) == 0) {
      if (::chmod(made.c_str(), kMode) != 0) return io_error(made, "given its mode");
    } else if (errno != EEXIST) {
      auto error = io_error(made, "made");
      error.error().code = Errc::io;
      return error;
    }
  }
  return {};
}

Result<int> create_file(const std::filesystem::path& path, unsigned mode) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) {
    auto error = io_error(path, "written");
    error.error().code = Errc::io;
    return error;
  }
  if (::fchmod(fd, mode) != 0) {
    auto error = io_error(path, "given its mode");
    ::close(fd);
    ::unlink(path.c_str());  // nobody else knows of it yet
    return error;
  }
  return fd;
}

Result<void> flush_and_close(int fd, const std::filesystem::path& path) {
  const bool flushed = ::fsync(fd) == 0;
  const int error = errno;
  const bool closed = ::close(fd) == 0;
  if (!flushed) errno = error;
  if (!flushed || !closed) return io_error(path, "flushed to disk");
  return {};
}

Result<FileWriter> FileWriter::create(const std::filesystem::path& path, unsigned mode) {
  const auto fd = create_file(path, mode);
  if (!fd) return std::unexpected(fd.error());
  return FileWriter{path, *fd};
}

FileWriter::~FileWriter() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> FileWriter::write_through(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(path_, "written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    written_ += static_cast<std::size_t>(written);
  }
  // Has the kernel begin to write what there is, so that the disk works while we do.
  constexpr std::size_t kStep = 8UL << 20;
  for (; written_ - written_back_ >= kStep; written_back_ += kStep)
    ::sync_file_range(fd_, static_cast<off_t>(written_back_), kStep, SYNC_FILE_RANGE_WRITE);
  return {};
}

Result<void> FileWriter::write(std::string_view bytes) {
  constexpr std::size_t kBuffer = 1UL << 17;
  if (buffer_.size() + bytes.size() > kBuffer) {
    if (auto written = write_through(buffer_); !written) return written;
    buffer_.clear();
  }
  if (bytes.size() > kBuffer) return write_through(bytes);
  buffer_ += bytes;
  return {};
}

Result<void> FileWriter::finish() {
  if (auto written = write_through(buffer_); !written) return written;
  return flush_and_close(std::exchange(fd_, -1), path_);
}

Result<void> FileWriter::finish(std::size_t position, std::string_view bytes) {
  if (auto written = write_through(buffer_); !written) return written;
  buffer_.clear();
  if (::lseek(fd_, static_cast<off_t>(position), SEEK_SET) < 0) return io_error(path_, "written");
  if (auto written = write_through(bytes); !written) return written;
  return flush_and_close(std::exchange(fd_, -1), path_);
}

Result<void> FileWriter::close() {
  if (auto written = write_through(buffer_); !written) return written;
  if (::close(std::exchange(fd_, -1)) != 0) return io_error(path_, "written");
  return {};
}

Result<void> write_new_file(const std::filesystem::path& path, std::string_view bytes,
                            unsigned mode) {
  auto file = FileWriter::create(path, mode);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->write(bytes); !written) return written;
  return file->finish();
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes,
                          unsigned mode) {
  const std::filesystem::path fresh = path.string() + std::string{kPartMark};
  std::error_code ignored;
  std::filesystem::remove(fresh, ignored);
  auto written = write_new_file(fresh, bytes, mode);
  if (written && std::rename(fresh.c_str(), path.c_str()) != 0)
    written = io_error(path, "replaced");
  if (!written) {
    std::filesystem::remove(fresh, ignored);
    return written;
  }
  return flush_directory(path.parent_path());
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    auto error = io_error(path, "read");
    error.error().code = Errc::no_input;
    return error;
  }
  std::string bytes;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto error = io_error(path, "read");
      ::close(fd);
      return error;
    }
    if (got == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      ::close(fd);
      return fail(Errc::bad_input,
                  path.string() + ": is larger than " + std::to_string(limit) + " bytes");
    }
  }
  ::close(fd);
  return bytes;
}

Result<void> flush_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, "opened");
  return flush_and_close(fd, path);
}

Result<void> flush_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(directory, "opened");
  return flush_and_close(fd, directory);
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "generators/table/file.h"

namespace tlspact {

Result<RunLock> RunLock::take(const std::filesystem::path& file) {
  constexpr unsigned kMode = 0640;
  if (auto made = make_directories(file.parent_path()); !made) return std::unexpected(made.error());
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd < 0) {
    const bool refused = errno == EACCES;
    auto failed = io_error(file, "opened");
    failed.error().code = Errc::io;
    if (refused) failed.error().text += ", and give that user what lies there (chown -R)";
    return failed;
  }
  RunLock lock{fd};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return io_error(file, "locked");
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(Errc::try_again,
                  file.string() + ": another run of tlspact holds it, try again when it is done");
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return lock;
}

bool RunLock::is_held(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  const RunLock lock{fd};  // a shared one is let go at once, and take() waits for it
  return ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace tlspact

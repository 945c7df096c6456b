// SPDX-License-Identifier: MIT
#include "daemon/control/drill/isolation.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <utility>

#include "daemon/control/drill/loopback.h"
#include "daemon/control/drill/private_mounts.h"
#include "generators/process/temp_directory.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kRemedy =
    "run tlspact drill as root on the machine itself, or in a container that may make namespaces "
    "(CAP_SYS_ADMIN)";

std::unexpected<Error> cannot(std::string_view what) {
  const std::string why = std::strerror(errno);
  return fail(Errc::unavailable, std::string{what} + ": " + why + "; " + std::string{kRemedy});
}

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// These wait while it is there, and take effect when it goes.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigemptyset(&held_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      struct sigaction now{};
      ::sigaction(each, nullptr, &now);
      if (now.sa_handler != SIG_IGN) sigaddset(&held_, each);  // as nohup has it
    }
    ::sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  SignalsHeld(SignalsHeld&&) = delete;
  SignalsHeld& operator=(SignalsHeld&&) = delete;
  ~SignalsHeld() { release(); }
  void release() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  /// Readable as soon as one of them waits.
  [[nodiscard]] Fd descriptor() const { return Fd{::signalfd(-1, &held_, SFD_CLOEXEC)}; }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

// What goes through the pipe: "0" and the result, or the two digits of an error code and its text.
std::string packed(const Result<std::string>& result) {
  if (result) return "00" + *result;
  return std::to_string(static_cast<int>(result.error().code)) + result.error().text;
}

Result<std::string> unpacked(const std::string& bytes) {
  if (bytes.size() < 2)
    return fail(Errc::io, "the drill's process ended without a word: see the kernel's log");
  const int code = ((bytes[0] - '0') * 10) + (bytes[1] - '0');
  if (code != 0) return fail(static_cast<Errc>(code), bytes.substr(2));
  return bytes.substr(2);
}

/// As process 1 of the new namespace.
Result<std::string> inside(const IsolatedWork& work, const fs::path& directory) {
  const std::vector<in_addr> own = own_addresses();
  if (::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    return cannot("namespaces cannot be made");
  if (auto made = make_mounts_private(); !made) return std::unexpected(made.error());
  if (auto made = mount_memory(directory); !made) return std::unexpected(made.error());
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return cannot("/proc cannot be mounted");
  if (auto up = bring_loopback_up(own); !up) return std::unexpected(up.error());
  const fs::path temporary = directory / "tmp";
  ::setenv("TMPDIR", temporary.c_str(), 1);
  fs::create_directory(temporary);
  try {
    return work(directory);
  } catch (const std::exception& exception) {
    return fail(Errc::io, std::string{"drill: "} + exception.what());
  }
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) return;
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(done, 0)));
  }
}

/// This process is killed when its parent ends, also if that has been already.
void end_with_reader(int pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd reader{pipe, 0, 0};
  if (::poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0) ::_exit(1);
}

/// The child, in a process namespace of its own; -1 with errno.
pid_t fork_as_first_process() {
  const Fd before{::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)};
  if (before.get() < 0 || ::unshare(CLONE_NEWPID) != 0) return -1;
  const pid_t child = ::fork();
  const int error = errno;
  // In the parent: children that it makes later are ordinary ones again.
  if (child != 0) ::setns(before.get(), CLONE_NEWPID);
  errno = error;
  return child;
}

enum class Ended : std::uint8_t { by_itself, by_signal, by_deadline };

Ended read_until_end(int from, int signals, Clock::time_point deadline, std::string& into) {
  std::array<char, 16384> buffer{};
  for (;;) {
    std::array<pollfd, 2> fds{{{from, POLLIN, 0}, {signals, POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return Ended::by_deadline;
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0) continue;
    if (fds[1].revents != 0) return Ended::by_signal;
    if (fds[0].revents == 0) continue;
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) return Ended::by_itself;
  }
}

}  // namespace

Result<void> may_isolate() {
  if (::geteuid() == 0) return {};
  return fail(Errc::unavailable,
              "the drill makes namespaces, which needs root; " + std::string{kRemedy});
}

Result<std::string> run_isolated(const IsolatedWork& work, std::chrono::seconds deadline) {
  if (auto may = may_isolate(); !may) return std::unexpected(may.error());
  const SignalsHeld held;
  const Fd signals = held.descriptor();
  const auto directory = TempDirectory::make();
  if (!directory) return std::unexpected(directory.error());
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot("a pipe");
  Fd from{ends[0]};
  Fd to{ends[1]};
  const pid_t child = fork_as_first_process();
  if (child < 0) return cannot("a process namespace cannot be made");
  if (child == 0) {
    from.reset();
    end_with_reader(to.get());
    ::setsid();  // Ctrl-C is the parent's affair
    held.release();
    write_all(to.get(), packed(inside(work, directory->path())));
    ::_exit(0);
  }
  to.reset();
  std::string bytes;
  const Ended ended = read_until_end(from.get(), signals.get(), Clock::now() + deadline, bytes);
  ::kill(child, SIGKILL);
  // Returns when all of its namespace has ended.
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (ended == Ended::by_signal) return fail(Errc::try_again, "the drill was interrupted");
  if (ended == Ended::by_deadline)
    return fail(Errc::unavailable, "the drill was still running after " +
                                       std::to_string(deadline.count()) +
                                       " s and was stopped; nothing of it is left");
  return unpacked(bytes);
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "generators/process/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

namespace tlspact {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxInput = 64UL * 1024;
constexpr std::size_t kMaxOutput = 512UL * 1024 * 1024;

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&&) = delete;
  Fd& operator=(Fd&&) = delete;
  ~Fd() { reset(); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.reset(ends[0]);
    write.reset(ends[1]);
    return true;
  }
};

/// The environment with the messages of programs in English.
std::vector<std::string> c_locale_environment() {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry{*each};
    if (!entry.starts_with("LC_") && !entry.starts_with("LANG")) environment.emplace_back(entry);
  }
  environment.emplace_back("LC_ALL=C");
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& each : strings)
    out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

/// A started child; killed and reaped if it is still there at the end.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// 0, or the errno of what failed.
  int start(const std::string& program, std::vector<std::string> argv, const Pipe& in,
            const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
    std::vector<std::string> environment = c_locale_environment();
    const int error = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr,
                                    pointers(argv).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) pid_ = -1;
    return error;
  }

  /// The exit code, or 128 + signal.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  /// Whether it has ended, before `deadline`.
  [[nodiscard]] bool ended(Clock::time_point deadline) const {
    for (;;) {
      siginfo_t info{};
      const int flags = WEXITED | WNOWAIT | WNOHANG;
      if (::waitid(P_PID, static_cast<id_t>(pid_), &info, flags) == 0 && info.si_pid == pid_)
        return true;
      if (Clock::now() >= deadline) return false;
      ::poll(nullptr, 0, 5);
    }
  }

 private:
  pid_t pid_ = -1;
};

int remaining_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

/// Appends what is there to read; closes `fd` at its end. False if the output is too long.
bool drain(Fd& fd, std::string& into) {
  std::array<char, 16384> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    fd.reset();
  }
  return into.size() <= kMaxOutput;
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.contains('/')) return ::access(name.c_str(), X_OK) == 0 ? name : std::string{};
  const char* path = std::getenv("PATH");
  const std::string directories =
      std::string{path == nullptr ? "/usr/bin:/bin" : path} + ":/usr/sbin:/sbin:/usr/local/sbin";
  for (std::size_t from = 0; from <= directories.size();) {
    const std::size_t colon = std::min(directories.find(':', from), directories.size());
    const std::string candidate = directories.substr(from, colon - from) + "/" + name;
    if (candidate.front() == '/' && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    from = colon + 1;
  }
  return {};
}

std::string first_line(const CommandOutput& output) {
  const std::string& text = output.err.empty() ? output.out : output.err;
  const std::size_t start = text.find_first_not_of(" \n");
  if (start == std::string::npos)
    return "it said nothing, and exited with " + std::to_string(output.exit_code);
  return text.substr(start, text.find('\n', start) - start);
}

Result<CommandOutput> run_command(const Command& command) {
  const std::string& name = command.argv.at(0);
  const std::string program = find_program(name);
  if (program.empty()) return fail(Errc::io, name + ": no such program, install it");
  Pipe in;
  Pipe out;
  Pipe err;
  Child child;
  if (!in.open() || !out.open() || !err.open())
    return fail(Errc::io, name + ": " + std::strerror(errno));
  if (const int error = child.start(program, command.argv, in, out, err); error != 0)
    return fail(Errc::io, program + ": cannot be started: " + std::strerror(error));
  in.read.reset();
  out.write.reset();
  err.write.reset();

  // The input fits into the pipe, so that this never blocks. A child that does not read it makes
  // the write fail, which is its own affair (SIGPIPE is ignored by main).
  if (command.input.size() > kMaxInput) return fail(Errc::io, name + ": input is too long");
  if (!command.input.empty() &&
      ::write(in.write.get(), command.input.data(), command.input.size()) < 0 && errno != EPIPE)
    return fail(Errc::io, name + ": " + std::strerror(errno));
  in.write.reset();

  const auto deadline = Clock::now() + command.deadline;
  CommandOutput output;
  while (out.read.get() >= 0 || err.read.get() >= 0) {
    std::array<pollfd, 2> fds{{{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
    if (Clock::now() >= deadline) break;
    if (::poll(fds.data(), fds.size(), remaining_ms(deadline)) <= 0) continue;
    const bool fits = (fds[0].revents == 0 || drain(out.read, output.out)) &&
                      (fds[1].revents == 0 || drain(err.read, output.err));
    if (!fits) return fail(Errc::io, name + ": output is too long, it was stopped");
  }
  if (!child.ended(deadline))
    return fail(Errc::unavailable, name + ": still running after " +
                                       std::to_string(command.deadline.count()) +
                                       " ms, it was stopped");
  output.exit_code = child.wait();
  return output;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// kill_at [--all] [--errno NUMBER] N COMMAND [ARGUMENT…]
///
/// Runs a program under ptrace(2) and kills it with SIGKILL as it enters its Nth system call, which
/// is then not made. With --errno the call fails with that error instead, and the program goes on
/// (x86-64 only). N of 0: only counts.
///
/// Counted are the calls that can change something that outlives the process, by any of its
/// threads: to be killed before another one is the same as to be killed before the next of these.
/// --all counts every call. Its children are let run; it waits until all of them have ended too, so
/// that none of them is still at work when the caller looks.
///
/// The last line on standard error: "kill_at: COUNTED TOTAL killed|failed|exited NAME|CODE".
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>

namespace {

#define NAMED(name) {SYS_##name, #name}
/// Those that have no place on an architecture are left out there.
const std::map<std::uint64_t, const char*> kChanging{
#ifdef SYS_rename
    NAMED(open),      NAMED(creat),           NAMED(rename),
    NAMED(unlink),    NAMED(mkdir),           NAMED(rmdir),
    NAMED(link),      NAMED(symlink),         NAMED(chmod),
    NAMED(chown),     NAMED(utime),           NAMED(utimes),
    NAMED(fork),      NAMED(vfork),
#endif
    NAMED(openat),    NAMED(write),           NAMED(pwrite64),
    NAMED(writev),    NAMED(pwritev),         NAMED(renameat),
    NAMED(renameat2), NAMED(unlinkat),        NAMED(mkdirat),
    NAMED(linkat),    NAMED(symlinkat),       NAMED(ftruncate),
    NAMED(truncate),  NAMED(fallocate),       NAMED(fsync),
    NAMED(fdatasync), NAMED(sync_file_range), NAMED(msync),
    NAMED(fchmod),    NAMED(fchmodat),        NAMED(fchown),
    NAMED(fchownat),  NAMED(utimensat),       NAMED(setxattr),
    NAMED(fsetxattr), NAMED(copy_file_range), NAMED(sendfile),
    NAMED(splice),    NAMED(flock),           NAMED(sendto),
    NAMED(sendmsg),   NAMED(clone),           NAMED(clone3),
    NAMED(exit_group)};
#undef NAMED

/// An open only reads, unless it makes or truncates.
bool opens_to_change(std::uint64_t flags) {
  return (flags & (O_CREAT | O_TRUNC)) != 0;
}

bool changes_something(const __ptrace_syscall_info& info) {
  if (!kChanging.contains(info.entry.nr)) return false;
  if (info.entry.nr == SYS_openat) return opens_to_change(info.entry.args[2]);
#ifdef SYS_open
  if (info.entry.nr == SYS_open) return opens_to_change(info.entry.args[1]);
#endif
  return true;
}

std::string name_of(std::uint64_t number) {
  const auto known = kChanging.find(number);
  return known == kChanging.end() ? "syscall-" + std::to_string(number) : known->second;
}

struct Options {
  bool all = false;
  int error = 0;  ///< 0: kill
  unsigned long at = 0;
  char** command = nullptr;
};

bool read_options(int argc, char** argv, Options& out) {
  int next = 1;
  for (; next < argc && argv[next][0] == '-'; ++next) {
    const std::string option = argv[next];
    if (option == "--all") {
      out.all = true;
    } else if (option == "--errno" && next + 1 < argc) {
      out.error = std::atoi(argv[++next]);
    } else {
      return false;
    }
  }
  if (next + 1 >= argc) return false;
  out.at = std::strtoul(argv[next], nullptr, 10);
  out.command = argv + next + 1;
  return true;
}

#ifdef __x86_64__
constexpr bool kCanFail = true;
void set_registers(pid_t thread, bool entering, int error) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return;
  if (entering) registers.orig_rax = ~0ULL;  // no such call
  if (!entering) registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
  ::ptrace(PTRACE_SETREGS, thread, nullptr, &registers);
}
#else
constexpr bool kCanFail = false;
void set_registers(pid_t, bool, int) {}
#endif

class Tracer {
 public:
  explicit Tracer(const Options& options) : options_(options) {}

  int run() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    main_ = ::fork();
    if (main_ == 0) become_command();
    if (main_ < 0 || !attach()) return 71;
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
      if (pid > 0) handle(pid, status);
    }
    std::cerr << "\nkill_at: " << counted_ << ' ' << total_ << ' ' << outcome_ << '\n';
    return exit_code_;
  }

 private:
  [[noreturn]] void become_command() {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    ::execvp(options_.command[0], options_.command);
    ::_exit(127);
  }

  bool attach() {
    int status = 0;
    if (::waitpid(main_, &status, 0) != main_ || !WIFSTOPPED(status)) return false;
    traced_.insert(main_);
    constexpr long kFlags = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    return ::ptrace(PTRACE_SETOPTIONS, main_, nullptr, kFlags) == 0 &&
           ::ptrace(PTRACE_SYSCALL, main_, nullptr, nullptr) == 0;
  }

  void handle(pid_t pid, int status) {
    if (WIFSTOPPED(status)) {
      stopped(pid, status);
      return;
    }
    traced_.erase(pid);
    if (pid != main_) return;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (outcome_.empty()) outcome_ = "exited " + std::to_string(exit_code_);
  }

  void stopped(pid_t pid, int status) {
    const int signal = WSTOPSIG(status);
    long deliver = 0;
    if (signal == (SIGTRAP | 0x80)) {
      at_call(pid);
    } else if (traced_.insert(pid).second) {
      // A new thread begins with a stop of its own.
    } else if (status >> 16 == 0 && signal != SIGTRAP) {
      deliver = signal;
    }
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, deliver);
  }

  void at_call(pid_t pid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && pid == failing_) {
      set_registers(pid, false, options_.error);
      failing_ = 0;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    ++total_;
    if (!options_.all && !changes_something(info)) return;
    if (++counted_ == options_.at) strike(pid, info.entry.nr);
  }

  void strike(pid_t pid, std::uint64_t number) {
    outcome_ = (options_.error == 0 ? "killed " : "failed ") + name_of(number);
    if (options_.error == 0) {
      ::kill(main_, SIGKILL);
    } else {
      failing_ = pid;
      set_registers(pid, true, 0);
    }
  }

  const Options& options_;
  pid_t main_ = 0;
  pid_t failing_ = 0;
  std::set<pid_t> traced_;
  unsigned long counted_ = 0;
  unsigned long total_ = 0;
  std::string outcome_;
  int exit_code_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::cerr << "usage: kill_at [--all] [--errno NUMBER] N COMMAND [ARGUMENT...]\n";
    return 64;
  }
  if (options.error != 0 && !kCanFail) return 77;
  return Tracer{options}.run();
}

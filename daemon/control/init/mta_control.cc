// SPDX-License-Identifier: MIT
#include "daemon/control/init/mta_control.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "generators/process/subprocess.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

constexpr std::chrono::seconds kDeadline{60};

Result<void> must_run(std::vector<std::string> argv) {
  std::string what;
  for (const std::string& word : argv)
    what += (what.empty() ? "" : " ") + word;
  const auto output = run_command({.argv = std::move(argv), .input = {}, .deadline = kDeadline});
  if (!output) return std::unexpected(output.error());
  const bool fatal = output->err.contains("fatal:") || output->err.contains("error:");
  if (output->exit_code == 0 && !fatal) return {};
  return fail(Errc::io, what + ": " + first_line(*output));
}

/// 0: no daemon runs.
pid_t exim_daemon(const EximMachine& machine) {
  constexpr std::size_t kLimit = 4096;
  const auto said = run_command({.argv = {machine.program, "-bP", "pid_file_path"}, .input = {}});
  if (!said || said->exit_code != 0) return 0;
  std::string path = parse_exim_dump(said->out)["pid_file_path"];
  if (path.empty()) path = "/run/exim4/exim.pid";
  const auto text = read_file(path, kLimit);
  pid_t pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc{})
    return 0;
  // A pid file may be older than the process that has its number now.
  const auto name = read_file("/proc/" + std::to_string(pid) + "/comm", kLimit);
  return name && name->starts_with("exim") ? pid : 0;
}

}  // namespace

Result<void> validate_mtas(const InitPlan& plan) {
  for (const PostfixInstance& instance : plan.postfix) {
    const std::string directory = instance.config_dir.string();
    if (auto good = must_run({"postconf", "-c", directory, "-n"}); !good) return good;
    if (auto good = must_run({"postfix", "-c", directory, "check"}); !good) return good;
  }
  if (plan.exim) return must_run({plan.exim->program, "-bV"});
  return {};
}

Result<void> build_exim_configuration(const InitPlan& plan) {
  if (!plan.exim || !plan.exim->is_debian() || !plan.exim->sends_to_mx()) return {};
  return must_run({"update-exim4.conf"});
}

Result<void> reload_mtas(const InitPlan& plan) {
  for (const PostfixInstance& instance : plan.postfix) {
    const std::string directory = instance.config_dir.string();
    const auto running = run_command({.argv = {"postfix", "-c", directory, "status"}, .input = {}});
    if (!running) return std::unexpected(running.error());
    if (running->exit_code != 0) continue;  // it reads the new files when it starts
    if (auto done = must_run({"postfix", "-c", directory, "reload"}); !done) return done;
  }
  if (!plan.exim) return {};
  const pid_t daemon = exim_daemon(*plan.exim);
  if (daemon > 0 && ::kill(daemon, SIGHUP) != 0)
    return fail(Errc::io,
                "the Exim daemon cannot be reloaded: " + std::string{std::strerror(errno)});
  return {};
}

}  // namespace tlspact

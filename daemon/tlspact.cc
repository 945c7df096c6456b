// SPDX-License-Identifier: MIT
/// The command line: finds the subcommand, prints what it returns.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <set>

#include "daemon/cli/command.h"
#include "daemon/cli/printed.h"
#include "daemon/control/service/control_client.h"
#include "daemon/version.h"
#include "policy/domain.h"

namespace tlspact {
namespace {

std::string help() {
  std::string out =
      "tlspact decides, for every domain this mail server sends to, how strict TLS must be, and\n"
      "hands it to Postfix and Exim.\n\n"
      "Usage: tlspact [--config FILE] [--json] COMMAND [ARGUMENTS]\n\nCommands:\n";
  for (const Subcommand& command : subcommands()) {
    std::string name{command.name};
    name.resize(14, ' ');
    out += "  " + name + std::string{command.summary} + "\n";
  }
  return out +
         "\n\"tlspact COMMAND --help\" tells more.\n\nOptions:\n"
         "  --config FILE  configuration (default /etc/tlspact/tlspact.toml, which may be absent)\n"
         "  --json         print one JSON document and nothing else on standard output\n"
         "  --version      print the version\n"
         "  -h, --help     show this help\n\n"
         "Exit codes: 0 done and nothing to say; 1 a difference or a failed check; and those of\n"
         "sysexits.h: 64 usage, 65 bad input, 66 no input, 69 unavailable, 74 I/O error, 75 try\n"
         "again, 77 not permitted, 78 configuration error.\n\nSee tlspact(1), tlspact.toml(5), "
         "tlspact-agreements(5).\n";
}

int print(const Printed& text) {
  std::cerr << text.err;
  std::cout << text.out;
  return text.exit_code;
}

/// What was printed must have been written: a full disk behind a pipe is an error.
int flushed(int exit_code) {
  std::cout.flush();
  if (std::cout) return exit_code;
  std::cerr << "tlspact: standard output cannot be written\n";
  return static_cast<int>(Errc::io);
}

struct Invocation {
  GlobalOptions global;
  bool help = false;
  bool version = false;
  std::vector<std::string> words;  ///< command and its arguments
};

/// Global options stand before the command or behind it.
Result<Invocation> read_invocation(const std::vector<std::string>& arguments) {
  Invocation out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& each = arguments[i];
    if (each == "--json") {
      out.global.json = true;
    } else if (each == "--config" || each.starts_with("--config=")) {
      const bool joined = each.size() > 8;
      if (!joined && i + 1 == arguments.size()) return fail(Errc::usage, "--config needs a file");
      out.global.config_file = joined ? each.substr(9) : arguments[++i];
      out.global.config_given = true;
    } else if (out.words.empty() && (each == "--help" || each == "-h")) {
      out.help = true;
    } else if (out.words.empty() && each == "--version") {
      out.version = true;
    } else if (out.words.empty() && each.starts_with('-')) {
      return fail(Errc::usage, "unknown option " + quote(each) + ", see tlspact --help");
    } else {
      out.words.push_back(each);
    }
  }
  return out;
}

constexpr std::chrono::seconds kStatusPatience{10};

/// What a running service does better: it knows more, or is to follow at once.
bool is_for_service(const std::string& command) {
  static const std::set<std::string> kCommands{"status", "accept", "forget", "refresh"};
  return kCommands.contains(command);
}

std::optional<Printed> ask_running_service(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.words;
  const bool help = std::ranges::find(words, "--help") != words.end() ||
                    std::ranges::find(words, "-h") != words.end();
  if (help || !is_for_service(words.front())) return std::nullopt;
  const auto config = load_config(invocation.global);
  const std::filesystem::path run_dir =
      config ? config->service.run_dir : run_dir_of(invocation.global.config_file);
  // A monitor must not hang with a service that does. What changes something may wait for a run.
  const std::optional<std::chrono::seconds> patience =
      words.front() == "status" ? std::optional{kStatusPatience} : std::nullopt;
  auto reply =
      ask_service(run_dir / "control", {.words = words, .json = invocation.global.json}, patience);
  if (!reply) return std::nullopt;
  return Printed{reply->exit_code, std::move(reply->out), std::move(reply->err)};
}

int main_with(const std::vector<std::string>& arguments) {
  const auto invocation = read_invocation(arguments);
  if (!invocation) return print(printed(std::unexpected(invocation.error()), false));
  if (invocation->version) {
    std::cout << "tlspact " << kVersion << "\n";
    return 0;
  }
  if (invocation->help) {
    std::cout << help();
    return 0;
  }
  if (invocation->words.empty()) {
    std::cerr << help();
    return static_cast<int>(Errc::usage);
  }
  if (const auto text = ask_running_service(*invocation)) return print(*text);
  return print(printed(run_words(invocation->words, invocation->global), invocation->global.json));
}

}  // namespace
}  // namespace tlspact

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on the size of files is an error like a full disk
  // Files get their modes whatever the caller's umask: also where a kill comes between making one
  // and giving it its mode.
  constexpr mode_t kOthersDoNotWrite = 022;
  ::umask(kOthersDoNotWrite);
  try {
    return tlspact::flushed(tlspact::main_with({argv + 1, argv + argc}));
  } catch (const std::exception& exception) {
    std::cerr << "tlspact: internal error: " << exception.what() << "\n";
    return 70;  // EX_SOFTWARE
  }
}

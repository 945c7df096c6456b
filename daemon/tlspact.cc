// SPDX-License-Identifier: MIT
/// The command line: finds the subcommand, prints what it returns.
#include <sys/stat.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <sstream>

#include "daemon/cli/command.h"
#include "daemon/cli/report.h"
#include "daemon/version.h"
#include "policy/utf8.h"

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
         "again, 78 configuration error.\n\nSee tlspact(1), tlspact.toml(5), "
         "tlspact-agreements(5).\n";
}

void print_json(const Poco::JSON::Object::Ptr& json) {
  constexpr unsigned kIndent = 2;
  std::ostringstream text;
  json->stringify(text, kIndent);
  // JSON is UTF-8 (RFC 8259 section 8.1); what is none can only stand within a string.
  std::cout << valid_utf8(text.view()) << "\n";
}

int print(const Result<CommandResult>& result, bool json) {
  if (!result) {
    const int code = static_cast<int>(result.error().code);
    std::cerr << "tlspact: " << one_line(result.error().text) << "\n";
    if (json) {
      Poco::JSON::Object::Ptr document = new Poco::JSON::Object;
      document->set("error", result.error().text);
      document->set("exit_code", code);
      print_json(document);
    }
    return code;
  }
  std::istringstream lines{notices_text(result->notices, Severity::warning)};
  for (std::string line; std::getline(lines, line);)
    std::cerr << "tlspact: " << line << "\n";
  if (json && !result->document.empty()) {
    std::cout << result->document << "\n";
  } else if (json && !result->json.isNull()) {
    print_json(result->json);
  } else {
    std::cout << result->text;
  }
  return result->exit_code;
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

Result<CommandResult> run(const Invocation& invocation) {
  const std::vector<std::string>& words = invocation.words;
  for (const Subcommand& command : subcommands()) {
    std::size_t taken = 0;
    std::istringstream names{std::string{command.name}};
    bool matches = true;
    for (std::string name; names >> name; ++taken)
      matches = matches && taken < words.size() && words[taken] == name;
    if (!matches) continue;
    return command.run({words.begin() + static_cast<std::ptrdiff_t>(taken), words.end()},
                       invocation.global);
  }
  return fail(Errc::usage, "unknown command " + quote(words.front()) + ", see tlspact --help");
}

int main_with(const std::vector<std::string>& arguments) {
  const auto invocation = read_invocation(arguments);
  if (!invocation) return print(std::unexpected(invocation.error()), false);
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
  return print(run(*invocation), invocation->global.json);
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

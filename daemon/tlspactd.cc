// SPDX-License-Identifier: MIT
/// The service: reads its options and hands over to run_service().
#include <sys/stat.h>

#include <boost/json/serialize.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <set>

#include "daemon/cli/printed.h"
#include "daemon/control/http/status_json.h"
#include "daemon/control/service/service.h"
#include "daemon/version.h"
#include "policy/domain.h"

namespace tlspact {
namespace {

constexpr const char* kHelp =
    "tlspactd keeps the maps of Postfix and Exim, and the snapshot of live lookups, fresh: it "
    "reads\n"
    "lists and agreements, looks up what domains publish, probes where that is configured, "
    "decides\n"
    "and installs, each source by its own refresh time and whenever a file changes. When it is "
    "not\n"
    "running, what is installed stays in force.\n\n"
    "Usage: tlspactd [--config FILE]\n\nOptions:\n"
    "  --config FILE  configuration (default /etc/tlspact/tlspact.toml, which may be absent)\n"
    "  --version      print the version\n"
    "  -h, --help     show this help\n\n"
    "SIGHUP reads the configuration anew, SIGTERM ends it. See tlspactd(8), tlspact.toml(5).\n";

std::string status_document(const ServiceStatus& status) {
  boost::json::object document = status_json(status);
  document["running"] = true;
  return boost::json::serialize(document) + "\n";
}

/// See kRunCommand.
Notices noticed_elsewhere(const ControlRequest& request) {
  Notices out;
  for (std::size_t i = 1; i + 1 < request.words.size(); i += 2)
    out.push_back({Severity::alert, request.words[i], request.words[i + 1], 0});
  return out;
}

/// Commands that change something are for root and for the service's own user.
CommandOutcome command_outcome(const ServiceOptions& options, const ControlRequest& request,
                               const ServiceStatus& status,
                               const std::shared_ptr<const Config>& config) {
  static const std::set<std::string> kChanging{"accept", "forget", "refresh", kRunCommand};
  const std::string& command = request.words.front();
  if (command == "status" && request.words.size() == 1)
    return {.reply = {is_well(status) ? 0 : 1,
                      request.json ? status_document(status) : status_text(status), ""},
            .notices = {}};
  constexpr int kNoPermission = 77;  // EX_NOPERM
  if (kChanging.contains(command) && request.uid != 0 && request.uid != ::geteuid())
    return {
        .reply = {kNoPermission, "",
                  "tlspact: " + command + " is for root and for the user that tlspactd runs as\n"},
        .notices = {}};
  if (command == kRunCommand)
    return {.reply = {}, .changed = true, .notices = noticed_elsewhere(request)};
  if (!kChanging.contains(command) && command != "status")
    return {.reply = {static_cast<int>(Errc::usage), "", "tlspact: the service does not do that\n"},
            .notices = {}};
  const GlobalOptions global{.config_file = options.config_file,
                             .config_given = options.config_given,
                             .json = request.json,
                             .running = config};
  const auto result = run_words(request.words, global);
  Printed text = printed(result, request.json);
  return {.reply = {text.exit_code, std::move(text.out), std::move(text.err)},
          .changed = kChanging.contains(command) && result.has_value(),
          .notices = result ? result->notices : Notices{}};
}

int main_with(const std::vector<std::string>& arguments) {
  ServiceOptions options{
      .version = std::string{kVersion}, .config_file = GlobalOptions{}.config_file, .command = {}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& each = arguments[i];
    if (each == "--help" || each == "-h") {
      std::cout << kHelp;
      return 0;
    }
    if (each == "--version") {
      std::cout << "tlspactd " << kVersion << "\n";
      return 0;
    }
    const bool joined = each.starts_with("--config=");
    if (!joined && (each != "--config" || i + 1 == arguments.size())) {
      std::cerr << "tlspactd: " << quote(each) << " is no option, or needs a file; see --help\n";
      return static_cast<int>(Errc::usage);
    }
    options.config_file = joined ? each.substr(9) : arguments[++i];
    options.config_given = true;
  }
  options.command = [&options](const ControlRequest& request, const ServiceStatus& status,
                               const std::shared_ptr<const Config>& config) {
    return command_outcome(options, request, status, config);
  };
  return run_service(options);
}

}  // namespace
}  // namespace tlspact

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  constexpr mode_t kOthersDoNotWrite = 022;
  ::umask(kOthersDoNotWrite);
  try {
    return tlspact::main_with({argv + 1, argv + argc});
  } catch (const std::exception& exception) {
    std::cerr << "tlspactd: internal error: " << exception.what() << "\n";
    return 70;  // EX_SOFTWARE
  }
}

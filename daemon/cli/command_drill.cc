// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/drill/drill.h"
#include "daemon/control/drill/isolation.h"
#include "daemon/control/report.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;
namespace json = boost::json;

constexpr int kDefaultSeconds = 300;

/// "encrypt" of "encrypt protocols=…" and of "level=encrypt …".
std::string level_of(const std::string& entry) {
  const std::string word = entry.substr(0, entry.find(' '));
  if (word.empty()) return "no entry";
  return word.starts_with("level=") ? word.substr(6) : word;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out{text};
  out.resize(std::max(width, out.size()), ' ');
  return out + "  ";
}

std::string remedies_text(const DrillResult& result) {
  std::string out;
  for (const Finding& each : result.findings)
    out += "        remedy: " + one_line(each.remedy) + " (" + one_line(each.text) + ")\n";
  if (out.empty()) out = "        remedy: tlspact check tells what is amiss with the settings\n";
  return out;
}

std::string row_text(const DrillResult& result) {
  const bool right = result.verdict.as_expected;
  std::string out = std::string{right ? "  ok     " : "  WRONG  "} +
                    padded(result.drilled.title, 36) + padded(level_of(result.entry), 9) +
                    padded(expectation_text(result.drilled.expected), 17) +
                    std::string{happened_text(result.verdict.happened)} + "\n";
  if (right) return out;
  if (!result.said.empty()) out += "        it says: " + one_line(result.said) + "\n";
  return out + remedies_text(result);
}

std::string server_text(const DrilledServer& server) {
  std::string out = server.name + "\n" + "         " + padded("case", 36) + padded("policy", 9) +
                    padded("expected", 17) + "what happened\n";
  std::size_t right = 0;
  for (const DrillResult& each : server.results) {
    out += row_text(each);
    right += each.verdict.as_expected ? 1 : 0;
  }
  if (!server.without_dane.empty())
    out += "  not tried: DANE (" + one_line(server.without_dane) + ")\n";
  return out + "  " + std::to_string(right) + " of " + counted(server.results.size(), "case") +
         " as expected\n";
}

json::object row_json(const DrillResult& result) {
  json::array remedies;
  for (const Finding& each : result.findings)
    remedies.push_back({{"text", each.text}, {"remedy", each.remedy}});
  return {{"case", result.drilled.name},
          {"title", result.drilled.title},
          {"domain", result.drilled.domain().text()},
          {"entry", result.entry},
          {"expected", expectation_text(result.drilled.expected)},
          {"happened", happened_text(result.verdict.happened)},
          {"as_expected", result.verdict.as_expected},
          {"said", one_line(result.said)},
          {"remedies", std::move(remedies)}};
}

json::object server_json(const DrilledServer& server) {
  json::array cases;
  for (const DrillResult& each : server.results)
    cases.push_back(row_json(each));
  return {{"mta", server.name},
          {"cases", std::move(cases)},
          {"without_dane", one_line(server.without_dane)}};
}

/// What the process inside hands to this one.
std::string packed(const DrillReport& report) {
  std::string text;
  json::array servers;
  for (const DrilledServer& each : report.servers) {
    text += server_text(each);
    servers.push_back(server_json(each));
  }
  const bool right = report.as_expected();
  json::object document{{"as_expected", right}, {"servers", std::move(servers)}};
  return json::serialize(json::object{{"exit_code", right ? 0 : 1},
                                      {"text", std::move(text)},
                                      {"document", json::serialize(document)}});
}

CommandResult unpacked(const std::string& bytes) {
  const json::object all = json::parse(bytes).as_object();
  CommandResult out{.exit_code = static_cast<int>(all.at("exit_code").as_int64())};
  out.text = all.at("text").as_string();
  out.document = all.at("document").as_string();
  return out;
}

/// On one line of standard error, which is gone in the end; empty if that is no terminal.
std::function<void(const std::string&, std::size_t, std::size_t)> progress() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& server, std::size_t done, std::size_t total) {
    std::fputs("\r\033[K", stderr);
    if (done != total)
      std::fprintf(stderr, "tlspact: %s: step %zu of %zu", server.c_str(), done + 1, total);
    std::fflush(stderr);
  };
}

po::options_description drill_options() {
  po::options_description options;
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("mta", text("NAME"),
                        "postfix or exim (default: every one that is installed)")(
      "timeout", text("SECONDS"), "end it after that time, whatever hangs (default: 300)");
  return options;
}

Result<DrillChoice> read_choice(const Arguments& arguments) {
  const std::string mta = arguments.text("mta");
  if (arguments.has("mta") && mta != "postfix" && mta != "exim")
    return fail(Errc::usage, "--mta takes postfix or exim");
  return DrillChoice{.postfix = mta != "exim", .exim = mta != "postfix"};
}

Result<std::chrono::seconds> read_timeout(const Arguments& arguments) {
  if (!arguments.has("timeout")) return std::chrono::seconds{kDefaultSeconds};
  const std::string text = arguments.text("timeout");
  const bool digits = !text.empty() && text.size() <= 5 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const int seconds = digits ? std::stoi(text) : 0;
  if (seconds < 1) return fail(Errc::usage, "--timeout takes a number of seconds");
  return std::chrono::seconds{seconds};
}

}  // namespace

Result<CommandResult> run_drill(const std::vector<std::string>& given,
                                const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact drill [--mta NAME] [--timeout SECONDS]",
       .description =
           "Proves that the Postfix and Exim of this machine, as they are configured, refuse what "
           "they must:\nwith copies of the queue, the maps and the trust store, in namespaces of "
           "its own that have no\nnetwork, each sends one message to a receiver that strips "
           "STARTTLS, shows a wrong certificate\nand so on, and to good ones. Changes nothing; as "
           "root. What it sends never leaves the machine.\n\n"
           "Exit codes: 0 all as expected; 1 something was not refused, or a good receiver got "
           "nothing; 66 a\nmap is not there yet; 69 it cannot be done here, and it says why; 78 "
           "the\nconfiguration is wrong. A signal ends it, and nothing of it is left.",
       .positional = {}},
      drill_options()};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto choice = read_choice(arguments);
  if (!choice) return std::unexpected(choice.error());
  const auto timeout = read_timeout(arguments);
  if (!timeout) return std::unexpected(timeout.error());
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (auto may = may_isolate(); !may) return std::unexpected(may.error());
  const auto subjects = read_drill_subjects(*config, *choice);
  if (!subjects) return std::unexpected(subjects.error());
  const DrillOptions options{.now = clock_now(), .progress = progress()};
  const auto report = run_isolated(
      [&](const std::filesystem::path& work) -> Result<std::string> {
        const auto drilled = drill(*config, *subjects, options, work);
        if (!drilled) return std::unexpected(drilled.error());
        return packed(*drilled);
      },
      *timeout);
  if (!report) return std::unexpected(report.error());
  return unpacked(*report);
}

}  // namespace tlspact

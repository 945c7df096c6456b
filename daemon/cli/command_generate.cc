// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <iterator>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/running_service.h"
#include "daemon/control/alerts/run_alerts.h"
#include "daemon/control/generate.h"
#include "daemon/control/report.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

constexpr std::string_view change_name(StagedArtifact::Change change, bool would) {
  switch (change) {
    case StagedArtifact::Change::unchanged:
      return "unchanged";
    case StagedArtifact::Change::created:
      return would ? "would be created" : "created";
    case StagedArtifact::Change::changed:
      return would ? "would change" : "changed";
  }
  return "";
}

std::string summary(const EntryCounts& counts) {
  std::string out = counted(counts.entries, "entry") +
                    " in force: " + std::to_string(counts.by(Source::agreement)) +
                    " by agreement, " + std::to_string(counts.by(Source::list)) + " by list";
  for (const Source source : {Source::dane, Source::mta_sts, Source::learned}) {
    if (counts.by(source) == 0) continue;
    out += ", " + std::to_string(counts.by(source)) + (source == Source::learned ? " " : " by ") +
           std::string{source_name(source)};
  }
  return out + "\n";
}

std::string diff_text(const GeneratedFile& file) {
  std::string out;
  for (const RowChange& change : file.changes) {
    if (change.before) out += "-" + change.key + " " + *change.before + "\n";
    if (change.after) out += "+" + change.key + " " + *change.after + "\n";
  }
  return out;
}

std::string report_text(const GenerateReport& report, bool would) {
  std::string out = summary(report.counts);
  for (const GeneratedFile& file : report.files) {
    out += file.path.string() + ": " + std::string{change_name(file.change, would)};
    if (file.rows > 0) out += ", " + counted(file.rows, "row");
    out += "\n" + diff_text(file);
  }
  return out;
}

Poco::JSON::Object::Ptr file_json(const GeneratedFile& file) {
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("path", file.path.string());
  out->set("mta", file.mta);
  out->set("change", std::string{change_name(file.change, false)});
  out->set("rows", file.rows);
  Poco::JSON::Array::Ptr changes = new Poco::JSON::Array;
  for (const RowChange& change : file.changes) {
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("key", change.key);
    if (change.before) each->set("before", *change.before);
    if (change.after) each->set("after", *change.after);
    changes->add(each);
  }
  out->set("changes", changes);
  return out;
}

Poco::JSON::Object::Ptr report_json(const GenerateReport& report) {
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("decided_at", format_time(report.decided_at));
  out->set("entries", report.counts.entries);
  out->set("changed", report.changed);
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const GeneratedFile& file : report.files)
    files->add(file_json(file));
  out->set("files", files);
  out->set("notices", notices_json(report.notices));
  return out;
}

po::options_description options() {
  po::options_description out;
  out.add_options()("check", "write nothing; exit 1 if something would change")(
      "diff", "write nothing, and show what would change, line by line")(
      "output", po::value<std::string>()->value_name("DIR"),
      "write every file at its configured path below DIR (as DESTDIR does), touch nothing else, "
      "ask nothing of this machine's MTA and reload nothing")(
      "at", po::value<std::string>()->value_name("TIME"),
      "decide as of that time; only with --check, --diff or --output; implies --offline")(
      "offline", "read files and the store, ask nothing of the network");
  return out;
}

Result<GenerateOptions> read_options(const Arguments& arguments) {
  GenerateOptions out{.check = arguments.has("check"),
                      .diff = arguments.has("diff"),
                      .output = {},
                      .at = {},
                      .offline = arguments.has("offline"),
                      .now = clock_now()};
  if (arguments.has("output")) {
    out.output = arguments.text("output");
    if (out.output->empty()) return fail(Errc::usage, "--output needs a directory");
  }
  out.progress = progress_on_terminal();
  const auto at = arguments.time("at");
  if (!at) return std::unexpected(at.error());
  out.at = *at;
  if (out.at && !out.check && !out.diff && !out.output)
    return fail(Errc::usage,
                "--at goes with --check, --diff or --output: maps of another time are not "
                "installed");
  return out;
}

/// By the service, where one runs.
void tell_alerts(const Config& config, Result<GenerateReport>& report) {
  const bool nothing_new = !report && (report.error().code == Errc::try_again ||
                                       report.error().code == Errc::usage || config.says_nothing);
  if (nothing_new) return;
  Notices noticed;
  if (report) {
    noticed = report->notices;
  } else {
    noticed.push_back({Severity::alert, "generate", report.error().text, 0});
  }
  const ServiceBeside service = have_service_run(config, noticed);
  const Notices faults =
      service == ServiceBeside::none
          ? tell_alerts_of_run(config, noticed, clock_now(), report && report->looked)
          : mute_service_notice(service);
  // Where the run failed, what keeps its alert from being told or kept most likely is the same.
  if (report) std::ranges::copy(faults, std::back_inserter(report->notices));
}

}  // namespace

Result<CommandResult> run_generate(const std::vector<std::string>& given,
                                   const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact generate [--check] [--diff] [--output DIR [--at TIME]] [--offline]",
       .description =
           "Reads every source, decides, and installs the maps of Postfix and Exim: each file is\n"
           "written beside the old one, read back, and renamed over it; unchanged files are not\n"
           "touched. What is good is installed even if one source fails; its last good state "
           "stays.\nAlerts are told as [alert] says; where tlspactd runs, it does, and runs again "
           "at "
           "once.\n\n"
           "Exit codes: 0 done; 1 with --check or --diff, something would change; 65 an agreement\n"
           "or list was refused; 69 a source never had a good state; 74 a file could not be "
           "written;\n75 another run is at work; 78 the configuration is wrong.",
       .positional = {}},
      options()};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto settings = read_options(arguments);
  if (!settings) return std::unexpected(settings.error());
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  auto report = generate(*config, *settings);
  if (settings->installs()) tell_alerts(*config, report);
  if (!report) return std::unexpected(report.error());
  const bool would = settings->check || (settings->diff && !settings->output);
  return CommandResult{.exit_code = report->exit_code,
                       .text = report_text(*report, would),
                       .json = report_json(*report),
                       .notices = std::move(report->notices)};
}

}  // namespace tlspact

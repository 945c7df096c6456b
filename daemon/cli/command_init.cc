// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/inbound_agreements.h"
#include "daemon/control/init/init.h"
#include "daemon/control/init/init_plan.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/report.h"
#include "generators/settings.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr std::string_view action_name(InitReport::Action action) {
  switch (action) {
    case InitReport::Action::changed:
      return "changed";
    case InitReport::Action::created:
      return "created";
    case InitReport::Action::put_back:
      return "as before";
    case InitReport::Action::removed:
      return "removed";
    case InitReport::Action::kept_edits:
      return "as before, but for what was edited since, which is kept";
  }
  return "";
}

Result<void> write_setting(const fs::path& directory, const SettingsFile& file) {
  const fs::path path = directory / file.path.relative_path();
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << file.text;
  out.close();
  if (error || !out) return fail(Errc::io, path.string() + ": cannot be written");
  return {};
}

/// Exim's pieces are long and of no use on a screen: they are named. Postfix's lines are shown.
std::string describe(const SettingsFile& file) {
  if (file.path.string().starts_with("/etc/postfix/"))
    return "# --- Lines for /etc/postfix/main.cf. What holds already may stay as it is.\n" +
           file.text + "\n";
  return "# " + file.path.string() + ": " + file.purpose + "\n";
}

/// Of Exim's two forms the one that fits this machine; both, if Exim is not installed here.
bool fits(const SettingsFile& file, const std::optional<EximMachine>& exim) {
  if (!exim || !file.path.string().starts_with("/etc/exim4/")) return true;
  return file.path.string().starts_with("/etc/exim4/conf.d/") == exim->is_debian();
}

Poco::JSON::Object::Ptr file_json(const SettingsFile& file) {
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("path", file.path.string());
  out->set("purpose", file.purpose);
  out->set("text", file.text);
  return out;
}

Poco::JSON::Object::Ptr changed_file_json(const InitReport::File& file) {
  Poco::JSON::Array::Ptr what = new Poco::JSON::Array;
  for (const std::string& each : file.what)
    what->add(each);
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("path", file.path.string());
  out->set("action", std::string{action_name(file.action)});
  out->set("what", what);
  return out;
}

std::string closing_text(const InitReport& report, bool undo) {
  if (report.files.empty() && report.exit_code == 0)
    return undo ? "There is nothing to undo: init --apply has not run here, or was undone.\n"
                : "There is nothing to do: the settings are in place.\n";
  if (report.files.empty() || undo) return {};
  return "What stood there before is kept in " + report.backup.string() +
         "; tlspact init --undo puts it back.\nNext: tlspact generate, because the settings may "
         "allow stricter entries, and tlspact check.\n";
}

CommandResult report_result(const InitReport& report, bool undo) {
  CommandResult out{.exit_code = report.exit_code};
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const InitReport::File& file : report.files) {
    out.text += file.path.string() + ": " + std::string{action_name(file.action)} + "\n";
    for (const std::string& each : file.what)
      out.text += "  " + one_line(each) + "\n";
    files->add(changed_file_json(file));
  }
  out.text += findings_text(report.findings) + closing_text(report, undo);
  Poco::JSON::Array::Ptr findings = new Poco::JSON::Array;
  add_findings_json(report.findings, findings);
  out.json = new Poco::JSON::Object;
  out.json->set("files", files);
  out.json->set("changed", !report.files.empty());
  out.json->set("findings", findings);
  return out;
}

std::vector<SettingsFile> settings_of(const Config& config, const MtaFacts& facts,
                                      Notices& notices) {
  const InboundDirectory inbound = read_inbound_agreements(config, clock_now());
  for (const Finding& each : inbound.refused)
    notices.push_back({each.severity, each.subject, each.text + "; " + each.remedy});
  return mta_settings(generator_settings(config, facts), config.tls.ca_file, inbound.agreements);
}

Result<CommandResult> print_settings(const Config& config, const Arguments& arguments) {
  const bool elsewhere = arguments.has("output");
  const auto facts = elsewhere ? Result<MtaFacts>{assumed_facts()} : ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  std::optional<EximMachine> exim;
  if (!elsewhere && facts->exim.installed) {
    auto machine = read_exim_machine(facts->exim.program);
    if (!machine) return std::unexpected(machine.error());
    exim = *std::move(machine);
  }
  CommandResult result;
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const SettingsFile& file : settings_of(config, *facts, result.notices)) {
    if (!fits(file, exim)) continue;
    if (elsewhere) {
      const fs::path directory = arguments.text("output");
      if (auto written = write_setting(directory, file); !written)
        return std::unexpected(written.error());
      result.text += (directory / file.path.relative_path()).string() + "\n";
    } else {
      result.text += describe(file);
    }
    files->add(file_json(file));
  }
  if (result.text.empty()) {
    result.notices.push_back({Severity::warning, "init",
                              "neither Postfix nor Exim is installed here: set enabled = true in "
                              "[postfix] or [exim] to see the settings"});
  } else if (!elsewhere) {
    if (exim && exim->layout == EximMachine::Layout::debian_template)
      result.text += "# /etc/exim4/exim4.conf.template: the same pieces, between their marks\n";
    if (exim && !exim->sends_to_mx())
      result.text +=
          "# Exim is of the type \"" + exim->type() +
          "\", so none of its pieces apply: dpkg-reconfigure exim4-config (type \"internet "
          "site\") comes first.\n";
    result.text +=
        "# tlspact init --apply puts them in place, init --undo takes them back; init "
        "--output DIR writes them as files.\n";
  }
  result.json = new Poco::JSON::Object;
  result.json->set("files", files);
  return result;
}

Result<CommandResult> change_settings(const Config& config, bool undo) {
  const auto facts = ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  const auto report = undo ? undo_init(config, *facts) : apply_init(config, *facts, clock_now());
  if (!report) return std::unexpected(report.error());
  return report_result(*report, undo);
}

po::options_description options() {
  po::options_description out;
  out.add_options()("apply",
                    "put the settings in place: what stood there is kept, each file is replaced in "
                    "one step, the mail server validates and is reloaded")(
      "undo", "give the configuration back as it was before --apply")(
      "output", po::value<std::string>()->value_name("DIR"),
      "write the settings as files below DIR instead of printing them; asks nothing of this "
      "machine's MTA");
  return out;
}

}  // namespace

Result<CommandResult> run_init(const std::vector<std::string>& given, const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact init [--apply | --undo | --output DIR]",
       .description =
           "Prints the exact settings that connect the Postfix or Exim of this machine to the "
           "maps,\nputs them in place, or takes them back. Both can be run again: what is done "
           "already is\nnot done twice. Run tlspact generate first, so that the maps are there.\n\n"
           "Exit codes: 0 done; 1 something is left to do by hand, and it says what; 66 a map is "
           "not\nthere yet; 74 a file could not be written, or the mail server refuses the "
           "settings (all is\nas before then); 75 --undo: a file was edited in the same place "
           "since; 78 the\nconfiguration is wrong, ours or the mail server's.",
       .positional = {}},
      options()};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const int chosen = (arguments.has("apply") ? 1 : 0) + (arguments.has("undo") ? 1 : 0) +
                     (arguments.has("output") ? 1 : 0);
  if (chosen > 1) return fail(Errc::usage, "--apply, --undo and --output exclude each other");
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (arguments.has("apply") || arguments.has("undo"))
    return change_settings(*config, arguments.has("undo"));
  return print_settings(*config, arguments);
}

}  // namespace tlspact

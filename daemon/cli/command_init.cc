// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/mta_facts.h"
#include "generators/settings.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

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

std::string describe(const SettingsFile& file) {
  return "# --- " + file.path.string() + ": " + file.purpose + "\n" + file.text + "\n";
}

}  // namespace

Result<CommandResult> run_init(const std::vector<std::string>& given, const GlobalOptions& global) {
  po::options_description options;
  options.add_options()("output", po::value<std::string>()->value_name("DIR"),
                        "write the settings as files below DIR instead of printing them; asks "
                        "nothing of this machine's MTA");
  Arguments arguments{
      {.synopsis = "tlspact init [--output DIR]",
       .description =
           "Prints the exact settings that connect Postfix and Exim to the maps, and where each\n"
           "belongs. Changes nothing of the MTAs.\n\n"
           "Exit codes: 0 done; 74 a file could not be written; 78 the configuration is wrong.",
       .positional = {}},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  const auto facts = arguments.has("output") ? Result<MtaFacts>{assumed_facts()} : ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  CommandResult result;
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const SettingsFile& file :
       mta_settings(generator_settings(*config, *facts), config->tls.ca_file)) {
    if (arguments.has("output")) {
      if (auto written = write_setting(arguments.text("output"), file); !written)
        return std::unexpected(written.error());
      result.text +=
          (fs::path{arguments.text("output")} / file.path.relative_path()).string() + "\n";
    } else {
      result.text += describe(file);
    }
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("path", file.path.string());
    each->set("purpose", file.purpose);
    each->set("text", file.text);
    files->add(each);
  }
  if (result.text.empty())
    result.notices.push_back({Severity::warning, "init",
                              "neither Postfix nor Exim is installed here: set enabled = true in "
                              "[postfix] or [exim] to see the settings"});
  result.json = new Poco::JSON::Object;
  result.json->set("files", files);
  return result;
}

}  // namespace tlspact

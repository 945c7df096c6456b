// SPDX-License-Identifier: MIT
#include <charconv>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/running_service.h"
#include "daemon/control/report.h"
#include "daemon/control/rollback.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

Result<std::optional<unsigned>> read_number(const Arguments& arguments) {
  if (!arguments.has("generation")) return std::optional<unsigned>{};
  const std::string text = arguments.text("generation");
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Errc::usage, shown(text) + " is not the number of a generation");
  return std::optional{number};
}

Result<CommandResult> release(const Config& config) {
  const auto released = release_rollback(config);
  if (!released) return std::unexpected(released.error());
  CommandResult result{.exit_code = *released ? 0 : 1, .text = {}, .json = {}, .notices = {}};
  if (!*released) {
    result.text = "nothing was held\n";
  } else if (const ServiceBeside service = have_service_run(config, {});
             service == ServiceBeside::asked) {
    result.text = "released: tlspactd installs what is decided now\n";
  } else {
    result.text = "released: the next \"tlspact generate\" installs again\n";
    result.notices = mute_service_notice(service);
  }
  result.json = new Poco::JSON::Object;
  result.json->set("released", *released);
  return result;
}

}  // namespace

Result<CommandResult> run_rollback(const std::vector<std::string>& given,
                                   const GlobalOptions& global) {
  po::options_description options;
  options.add_options()("release", "let runs install again");
  Arguments arguments{
      {.synopsis = "tlspact rollback [GENERATION | --release]",
       .description =
           "Puts the maps of an earlier generation (without a number, of the one before that in "
           "force,\n"
           "so that each rollback goes further back) into place again, and holds them there: "
           "\"tlspact\n"
           "generate\" and tlspactd go on deciding and alerting, but install nothing until "
           "\"tlspact "
           "rollback\n"
           "--release\". What has expired since is enforced again by old maps, so do not stay "
           "longer "
           "than\nneed be.\n\n"
           "Exit codes: 0 done; 1 nothing was held; 66 no such generation, or its files are gone; "
           "74 a\nfile could not be written, or the MTA does not confirm it; 75 another run is at "
           "work.",
       .positional = "generation"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto number = read_number(arguments);
  if (!number) return std::unexpected(number.error());
  if (arguments.has("release") && *number)
    return fail(Errc::usage, "--release takes no generation");
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (arguments.has("release")) return release(*config);
  auto report = roll_back(*config, *number, clock_now());
  if (!report) return std::unexpected(report.error());
  CommandResult result{.exit_code = 0, .text = {}, .json = {}, .notices = report->notices};
  result.json = new Poco::JSON::Object;
  result.json->set("generation", report->generation);
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const GeneratedFile& file : report->files) {
    const bool changed = file.change != StagedArtifact::Change::unchanged;
    result.text += file.path.string() + ": " + (changed ? "put back" : "was so already") + "\n";
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("path", file.path.string());
    each->set("changed", changed);
    files->add(each);
  }
  result.json->set("files", files);
  // It installs nothing, but shows and tells that the maps are held.
  for (Notice& each : mute_service_notice(have_service_run(*config, {})))
    result.notices.push_back(std::move(each));
  result.text += "held at generation " + std::to_string(report->generation) +
                 "; tlspact rollback --release goes on\n";
  return result;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/identity.h"
#include "daemon/control/report.h"
#include "generators/install/history.h"

namespace tlspact {
namespace {

/// "3 of 5 files": how many of a generation's files came with it.
std::string files_text(const InstalledGeneration& generation) {
  const auto own =
      std::ranges::count(generation.files, generation.number, &InstalledGeneration::File::origin);
  return std::to_string(own) + " of " + counted(generation.files.size(), "file") + " new";
}

Poco::JSON::Object::Ptr generation_json(const InstalledGeneration& generation,
                                        const History& history) {
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("number", generation.number);
  out->set("made", format_time(generation.made));
  out->set("cause", generation.cause);
  Poco::JSON::Array::Ptr files = new Poco::JSON::Array;
  for (const InstalledGeneration::File& file : generation.files) {
    Poco::JSON::Object::Ptr each = new Poco::JSON::Object;
    each->set("path", file.path.string());
    each->set("mta", file.mta);
    each->set("origin", file.origin);
    each->set("size", file.identity.size);
    each->set("available", history.bytes_of(file).has_value());
    files->add(each);
  }
  out->set("files", files);
  return out;
}

}  // namespace

Result<CommandResult> run_history(const std::vector<std::string>& given,
                                  const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact history",
       .description = "Lists the generations of maps that were installed here, the newest last, "
                      "with when and\n"
                      "why. \"tlspact rollback\" goes back to one of them.\n\nExit codes: 0 done.",
       .positional = {}},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  if (auto changed = become_owner_of(config->service.state_dir); !changed)
    return std::unexpected(changed.error());
  const History history = History::open(config->state_path("history"), config->service.history);
  const auto hold = history.hold();
  CommandResult result;
  result.json = new Poco::JSON::Object;
  Poco::JSON::Array::Ptr list = new Poco::JSON::Array;
  for (const InstalledGeneration& generation : history.generations()) {
    result.text += std::to_string(generation.number) + "  " + format_time(generation.made) + "  " +
                   generation.cause + ", " + files_text(generation) + "\n";
    list->add(generation_json(generation, history));
  }
  if (history.generations().empty()) result.text = "nothing was installed here yet\n";
  result.json->set("generations", list);
  if (hold) {
    result.text += "held at generation " + std::to_string(hold->generation) + " since " +
                   format_time(hold->since) + "; tlspact rollback --release goes on\n";
    result.json->set("held_at", hold->generation);
  }
  return result;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/config/config_keys.h"

namespace tlspact {

Result<CommandResult> run_manual(const std::vector<std::string>& given,
                                 const GlobalOptions& /*global*/) {
  Arguments arguments{{.synopsis = "tlspact manual",
                       .description = "Prints the manual page tlspact.toml(5), made from the table "
                                      "of keys that the parser uses.",
                       .positional = {}},
                      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  Poco::JSON::Object::Ptr json = new Poco::JSON::Object;
  json->set("manual", config_manual());
  return CommandResult{.exit_code = 0, .text = config_manual(), .json = json, .notices = {}};
}

}  // namespace tlspact

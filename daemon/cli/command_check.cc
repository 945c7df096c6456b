// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/control/check.h"
#include "daemon/control/report.h"

namespace tlspact {

Result<CommandResult> run_check(const std::vector<std::string>& given,
                                const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact check",
       .description =
           "Validates the configuration, the agreements, and the lists that are files or were\n"
           "fetched before, and says what the MTAs of this machine cannot express of them. Reads "
           "their\nconfiguration (as root: all of it) and says whether they consult the maps, what "
           "comes before,\nwhich agreements can never apply, and which settings undo a policy, "
           "each "
           "with its remedy.\nChanges nothing; of the network only DNS is asked, by exim -bt and "
           "whether the servers'\n"
           "resolvers validate.\n\n"
           "Exit codes: 0 nothing to say; 1 an alert or a warning; 65 an agreement or list is\n"
           "refused; 69 a list was never fetched; 78 the configuration is wrong.",
       .positional = {}},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  const auto report = check(*config, clock_now());
  if (!report) return std::unexpected(report.error());
  CommandResult result{.exit_code = report->exit_code, .text = {}, .json = {}, .notices = {}};
  result.text = notices_text(report->findings, Severity::note) + findings_text(report->wiring) +
                counted(report->entries, "entry") + " in force, " +
                std::to_string(report->agreements) + " by agreement; " +
                counted(report->lists, "list") + " in force\n";
  result.json = new Poco::JSON::Object;
  result.json->set("entries", report->entries);
  result.json->set("agreements", report->agreements);
  result.json->set("lists", report->lists);
  Poco::JSON::Array::Ptr findings = notices_json(report->findings);
  for (std::size_t i = 0; i < findings->size(); ++i)
    findings->getObject(static_cast<unsigned>(i))->set("remedy", "");
  add_findings_json(report->wiring, findings);
  result.json->set("findings", findings);
  return result;
}

}  // namespace tlspact

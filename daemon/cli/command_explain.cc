// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/offline_view.h"
#include "daemon/control/explain.h"
#include "daemon/control/explanation_report.h"
#include "daemon/control/rollback.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

}  // namespace

Result<CommandResult> run_explain(const std::vector<std::string>& given,
                                  const GlobalOptions& global) {
  po::options_description options;
  options.add_options()("at", po::value<std::string>()->value_name("TIME"),
                        "decide as of that time");
  Arguments arguments{
      {.synopsis = "tlspact explain [--at TIME] DOMAIN",
       .description =
           "Shows what holds for a domain or next-hop ([relay.example]:587), which source wins,\n"
           "why every other loses, until when, and the entry that each MTA gets. Asks nothing of "
           "the\nnetwork and changes nothing.\n\n"
           "Exit codes: 0 explained (also if there is no entry); 65 not a domain name.",
       .positional = "domain"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto domain = arguments.positional();
  if (!domain) return std::unexpected(domain.error());
  const auto at = arguments.time("at");
  if (!at) return std::unexpected(at.error());
  const auto key = parse_policy_key(*domain);
  if (!key) return std::unexpected(key.error());
  const Time now = at->value_or(clock_now());
  auto view = offline_view(global, now);
  if (!view) return std::unexpected(view.error());
  Explanation explanation = explain(view->refreshed, *key, view->settings, now);
  if (view->hold) explanation.notices.push_back(held_notice(*view->hold));
  return CommandResult{.exit_code = 0,
                       .text = explanation_text(explanation, view->settings),
                       .json = explanation_json(explanation),
                       .notices = std::move(view->refreshed.notices)};
}

}  // namespace tlspact

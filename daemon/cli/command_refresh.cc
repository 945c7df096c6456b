// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/changing_store.h"
#include "daemon/cli/command.h"
#include "daemon/cli/progress.h"
#include "daemon/control/clock_guard.h"
#include "daemon/control/refresh.h"
#include "daemon/control/run_record.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

/// "acme.example: secure by MTA-STS", a line each.
std::string outcome(const Refreshed& refreshed, const std::set<std::string>& keys) {
  std::string out;
  for (const std::string& text : keys) {
    const PolicyKey key = PolicyKey::from_normal_form(text);
    const Decision decision = decide(key, refreshed.inputs.candidates_for(key), refreshed.rules,
                                     refreshed.snapshot.decided_at);
    const Candidate* winner = decision.winner();
    out += text + ": ";
    out += winner == nullptr ? "no entry"
                             : std::string{level_name(decision.policy->level)} + " by " +
                                   std::string{source_name(winner->source)};
    out += "\n";
  }
  return out;
}

}  // namespace

Result<CommandResult> run_refresh(const std::vector<std::string>& given,
                                  const GlobalOptions& global) {
  po::options_description options;
  options.add_options()("all", "everything that is known, due or not");
  Arguments arguments{
      {.synopsis = "tlspact refresh [--all | DOMAIN]",
       .description =
           "Fetches lists and looks up what domains publish (DANE, MTA-STS), and keeps it in the "
           "store.\nThe maps follow where tlspactd runs, else with \"tlspact generate\". A DOMAIN "
           "or next-hop is "
           "looked up now, and is a\ncorrespondent from then on; without one, what is due is.\n\n"
           "Exit codes: 0 done; 65 an agreement or list was refused, or not a domain name; 69 a "
           "source never\nhad a good state; 75 another run is at work, or the clock cannot be "
           "right.",
       .positional = "domain"},
      options};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const Time now = clock_now();
  RefreshOptions how{.now = now};
  how.look_up_everything = arguments.has("all");
  how.progress = progress_on_terminal();
  if (arguments.has("domain")) {
    const auto key = parse_policy_key(arguments.text("domain"));
    if (!key) return std::unexpected(key.error());
    if (key->pattern.subdomains)
      return fail(Errc::bad_input, key->text() + " is a pattern: name a domain");
    how.look_up_now.insert(key->text());
  }
  auto open = open_changing_store(global, now);
  if (!open) return std::unexpected(open.error());
  CommandResult result{.notices = std::move(open->notices)};
  if (const auto last = read_run_record(open->config.state_path("run.json"))) {
    const auto alert = clock_alert(open->store, last->decided_at, now);
    if (!alert) return std::unexpected(alert.error());
    if (*alert) return fail(Errc::try_again, "clock: " + (*alert)->text);
  }
  const Refreshed refreshed = refresh(open->config, open->store, how);
  result.notices.insert(result.notices.end(), refreshed.notices.begin(), refreshed.notices.end());
  if (refreshed.never_good) result.exit_code = static_cast<int>(Errc::unavailable);
  if (refreshed.refused) result.exit_code = static_cast<int>(Errc::bad_input);
  result.text = how.look_up_now.empty()
                    ? std::to_string(refreshed.snapshot.size()) + " entries would be in force\n"
                    : outcome(refreshed, how.look_up_now);
  result.json = new Poco::JSON::Object;
  result.json->set("entries", refreshed.snapshot.size());
  result.json->set("text", result.text);
  return result;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/check.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>

#include "daemon/control/identity.h"
#include "daemon/control/missing_files.h"
#include "daemon/control/mta_dane.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/refresh.h"
#include "daemon/control/rollback.h"
#include "daemon/control/run_lock.h"
#include "daemon/control/wiring/wiring.h"
#include "generators/generator.h"
#include "generators/install/history.h"
#include "generators/install/staging.h"

namespace tlspact {
namespace {

Notice unreadable_type(const std::string& name) {
  return {Severity::alert, "Postfix",
          "it cannot read tables of type " + name + " (postconf -m): install the package postfix-" +
              name + " or choose another of types",
          0};
}

/// A table type that this Postfix cannot read makes it defer all mail.
void check_types(const GeneratorSettings& settings, const PostfixFacts& facts, Notices& findings) {
  if (!settings.postfix.enabled || !facts.installed) return;
  for (const TableType type : settings.postfix.types) {
    if (std::ranges::find(facts.readable, type) != facts.readable.end()) continue;
    findings.push_back(unreadable_type(std::string{table_type_name(type)}));
  }
}

/// The maps do not follow the sources, for one reason or another.
void check_installed(const Config& config, Findings& findings) {
  const History history = History::open(config.state_path("history"), config.service.history);
  if (const auto hold = history.hold())
    findings.push_back(
        {Severity::alert, "rollback",
         hold_text(*hold) + ": what the sources say since is not enforced",
         "tlspact rollback --release, then tlspact generate where no tlspactd runs"});
  // A run that is at work has not finished either.
  if (history.unfinished() && !RunLock::is_held(config.state_path("lock")))
    findings.push_back({Severity::alert, "generate",
                        "the last install was cut off: some maps may be new and others old, and "
                        "Postfix may not know of them yet",
                        "tlspact generate"});
}

/// What the last run noticed, and this one cannot see: what asks the network, for one.
void add_standing_alerts(const Config& config, Store& store, CheckReport& report) {
  const auto stored = store.alerts();
  if (!stored) return;
  std::set<std::string> said;  // causes, as the book has them
  for (const Notice& each : report.findings)
    said.insert(alert_cause(each));
  // Of deciding and rendering, which were done anew just now: it may be mended.
  if (const auto last = read_run_record(config.state_path("run.json"))) {
    for (const Notice& each : last->notices)
      said.insert(alert_cause(each));
  }
  for (const Finding& each : report.wiring)  // as a run tells of it
    said.insert(alert_cause({each.severity, each.subject, each.text + "; " + each.remedy, 0}));
  for (const AlertRecord& each : AlertBook{stored->records}.standing()) {
    const bool is_hold = each.subject == "rollback";  // said above, with its remedy
    if (!each.missed && !is_hold && !said.contains(each.cause))
      report.findings.push_back(
          {Severity::alert, each.subject,
           each.text + " (noticed by the run of " + format_time(each.seen) + ")", 0});
  }
}

void check_alert_command(const Config& config, Notices& findings) {
  const std::string& program = config.alert.command;
  if (program.empty() || ::access(program.c_str(), X_OK) == 0) return;
  findings.push_back({Severity::alert, "[alert]",
                      program + ": " + std::strerror(errno) +
                          ": no alert is told by it; install it, or mend [alert] command",
                      0});
}

int exit_code_of(const Refreshed& refreshed, const CheckReport& report) {
  if (refreshed.refused) return static_cast<int>(Errc::bad_input);
  if (refreshed.never_good) return static_cast<int>(Errc::unavailable);
  const auto matters = [](const auto& each) { return each.severity != Severity::note; };
  return std::ranges::any_of(report.findings, matters) ||
         std::ranges::any_of(report.wiring, matters);
}

}  // namespace

Result<CheckReport> check(const Config& config, Time now) {
  CheckReport report;
  auto facts = ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  ask_resolvers(config, *facts);
  report.wiring = wiring_findings(config, *facts, now);
  if (auto changed = become_owner_of(config.service.state_dir); !changed)
    return std::unexpected(changed.error());
  check_installed(config, report.wiring);
  auto store = Store::open(config.store_path(), Store::Access::read_only, now, report.findings);
  if (!store) return std::unexpected(store.error());
  const Refreshed refreshed =
      refresh(config, *store, {.now = now, .offline = true, .keep_in_store = false});
  std::ranges::copy(refreshed.notices, std::back_inserter(report.findings));
  std::ranges::move(resolver_findings(config, *facts, refreshed.snapshot),
                    std::back_inserter(report.wiring));
  keep_conclusions(read_run_record(config.state_path("run.json")), *facts);
  const GeneratorSettings settings = generator_settings(config, *facts);
  for (const Generator& generator : generators()) {
    if (!generator.enabled(settings)) continue;
    Generated generated = generator.render(refreshed.snapshot, settings);
    std::ranges::move(generated.notices, std::back_inserter(report.findings));
    std::ranges::move(survey(generated.artifacts), std::back_inserter(report.findings));
  }
  check_types(settings, facts->postfix, report.findings);
  std::ranges::move(missing_files(refreshed.snapshot), std::back_inserter(report.findings));
  check_alert_command(config, report.findings);
  add_standing_alerts(config, *store, report);
  report.lists = refreshed.inputs.lists().size();
  report.entries = refreshed.snapshot.size();
  report.agreements = refreshed.snapshot.count(Source::agreement);
  report.exit_code = exit_code_of(refreshed, report);
  return report;
}

}  // namespace tlspact

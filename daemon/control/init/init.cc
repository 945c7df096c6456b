// SPDX-License-Identifier: MIT
#include "daemon/control/init/init.h"

#include <algorithm>
#include <ranges>

#include "daemon/control/init/init_backup.h"
#include "daemon/control/init/init_plan.h"
#include "daemon/control/init/mta_control.h"
#include "daemon/control/run_lock.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

fs::path state_file(const Config& config, const char* name) {
  return fs::path{config.service.state_dir} / name;
}

/// Everything that may still fail is tried: the first fault is returned, with what it means.
Result<void> put_back(const std::vector<FileState>& before, const InitPlan& plan,
                      const Error& cause) {
  std::string text = cause.text + "; the configuration is as before";
  for (const FileState& state : std::views::reverse(before))
    if (auto done = write_file_state(state); !done)
      text = cause.text + "; and it could not be put back: " + done.error().text +
             "; run tlspact init --undo";
  if (auto built = build_exim_configuration(plan); !built) text += "; " + built.error().text;
  return fail(cause.code, std::move(text));
}

Result<std::vector<FileState>> states_of(const std::vector<FileChange>& changes) {
  std::vector<FileState> out;
  for (const FileChange& change : changes) {
    auto state = read_file_state(change.path);
    if (!state) return std::unexpected(state.error());
    out.push_back(*std::move(state));
  }
  return out;
}

Result<void> write_changes(const InitPlan& plan, const std::vector<FileState>& before) {
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    FileState state = before[i];
    state.exists = true;
    state.bytes = plan.changes[i].text;
    if (auto written = write_file_state(state); !written) return written;
  }
  if (auto built = build_exim_configuration(plan); !built) return built;
  return validate_mtas(plan);
}

/// A fault here leaves a good configuration that is not in use yet.
void reload(const InitPlan& plan, InitReport& report) {
  if (auto done = reload_mtas(plan); !done)
    report.findings.push_back(
        {Severity::alert, "init",
         "the configuration is in place, but is not in use yet: " + done.error().text,
         "postfix reload, or systemctl reload exim4"});
}

Result<void> write_states(const std::vector<FileState>& states) {
  for (const FileState& state : states)
    if (auto written = write_file_state(state); !written) return written;
  return {};
}

/// What undo has written: read, built and validated; fills the plan with the mail servers.
Result<void> take_into_use(const MtaFacts& facts, InitPlan& plan) {
  if (facts.postfix.installed) {
    auto instances = read_postfix_instances();
    if (!instances) return std::unexpected(instances.error());
    plan.postfix = *std::move(instances);
  }
  if (facts.exim.installed) {
    auto machine = read_exim_machine(facts.exim.program);
    if (!machine) return std::unexpected(machine.error());
    plan.exim = *std::move(machine);
  }
  if (auto built = build_exim_configuration(plan); !built) return built;
  return validate_mtas(plan);
}

/// Backs up, writes, validates, reloads; or puts back what it has written.
Result<void> carry_out(const InitPlan& plan, InitBackup& backup, InitReport& report) {
  if (auto good = validate_mtas(plan); !good)
    return fail(good.error().code,
                "nothing was changed, because the configuration is refused as it "
                "is: " +
                    good.error().text);
  const auto before = states_of(plan.changes);
  if (!before) return std::unexpected(before.error());
  const InitBackup old = backup;
  if (auto recorded = backup.record(plan.changes); !recorded) return recorded;
  if (auto written = write_changes(plan, *before); !written) {
    auto failed = put_back(*before, plan, written.error());
    static_cast<void>(backup.go_back_to(old));
    return failed;
  }
  reload(plan, report);
  for (std::size_t i = 0; i < plan.changes.size(); ++i)
    report.files.push_back(
        {(*before)[i].path,
         (*before)[i].exists ? InitReport::Action::changed : InitReport::Action::created,
         plan.changes[i].what});
  return backup.finish();
}

/// Writes the states of an undo and has the mail servers take them; else the files are as before.
Result<void> give_back(const std::vector<FileState>& states, const MtaFacts& facts,
                       InitPlan& plan) {
  std::vector<FileState> before;
  for (const FileState& state : states) {
    auto now = read_file_state(state.path);
    if (!now) return std::unexpected(now.error());
    before.push_back(*std::move(now));
  }
  auto good = write_states(states);
  if (good) good = take_into_use(facts, plan);
  // Such as a file of the administrator's that still includes what would be gone.
  if (!good) return put_back(before, plan, good.error());
  return {};
}

void finish_report(InitReport& report) {
  report.exit_code = std::ranges::any_of(
      report.findings, [](const Finding& each) { return each.severity != Severity::note; });
}

}  // namespace

Result<InitReport> apply_init(const Config& config, const MtaFacts& facts, Time now) {
  const auto lock = RunLock::take(state_file(config, "init.lock"));
  if (!lock) return std::unexpected(lock.error());
  auto plan = plan_init(config, facts, now);
  if (!plan) return std::unexpected(plan.error());
  auto backup = InitBackup::open(state_file(config, "init-backup"));
  if (!backup) return std::unexpected(backup.error());
  InitReport report{.findings = plan->findings, .backup = backup->directory()};
  // A run that was killed may have written all files without having them taken into use.
  if (!plan->changes.empty() || backup->unfinished())
    if (auto done = carry_out(*plan, *backup, report); !done) return std::unexpected(done.error());
  finish_report(report);
  return report;
}

Result<InitReport> undo_init(const Config& config, const MtaFacts& facts) {
  const auto lock = RunLock::take(state_file(config, "init.lock"));
  if (!lock) return std::unexpected(lock.error());
  auto backup = InitBackup::open(state_file(config, "init-backup"));
  if (!backup) return std::unexpected(backup.error());
  InitReport report{.backup = backup->directory()};
  if (backup->empty()) return report;
  std::vector<fs::path> edited;
  const auto states = backup->undo_states(edited);
  if (!states) return std::unexpected(states.error());
  InitPlan plan;
  if (auto done = give_back(*states, facts, plan); !done) return std::unexpected(done.error());
  for (const FileState& state : *states) {
    const bool kept = std::ranges::find(edited, state.path) != edited.end();
    report.files.push_back({state.path,
                            kept           ? InitReport::Action::kept_edits
                            : state.exists ? InitReport::Action::put_back
                                           : InitReport::Action::removed,
                            {}});
  }
  reload(plan, report);
  if (auto removed = backup->remove(); !removed) return std::unexpected(removed.error());
  finish_report(report);
  return report;
}

}  // namespace tlspact

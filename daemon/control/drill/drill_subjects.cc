// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_subjects.h"

#include <utility>

#include "daemon/control/mta_dane.h"

namespace tlspact {
namespace {

Result<void> read_postfix(DrillSubjects& out) {
  auto instances = read_postfix_instances();
  if (!instances) return std::unexpected(instances.error());
  for (PostfixInstance& each : *instances) {
    if (!each.smtp_services().empty()) out.postfix.push_back(std::move(each));
  }
  return {};
}

Result<void> read_exim(DrillSubjects& out) {
  auto machine = read_exim_machine(out.facts.exim.program);
  if (!machine) return std::unexpected(machine.error());
  if (!machine->fault.empty())
    return fail(Errc::config, "Exim's configuration is broken: " + machine->fault + "; see " +
                                  machine->program + " -bV");
  out.exim = *std::move(machine);
  return {};
}

}  // namespace

Result<DrillSubjects> read_drill_subjects(const Config& config, const DrillChoice& choice) {
  auto facts = ask_mtas();
  if (!facts) return std::unexpected(facts.error());
  DrillSubjects out{*std::move(facts), {}, {}};
  ask_resolvers(config, out.facts);
  Result<void> read;
  if (choice.postfix && out.facts.postfix.installed && config.postfix.enabled.value_or(true))
    read = read_postfix(out);
  if (read && choice.exim && out.facts.exim.installed && config.exim.enabled.value_or(true))
    read = read_exim(out);
  if (!read) return std::unexpected(read.error());
  if (out.postfix.empty() && !out.exim)
    return fail(Errc::unavailable,
                "there is no mail server to drill: neither Postfix nor Exim is installed here, or "
                "it is switched off in [postfix] or [exim], or by --mta");
  return out;
}

}  // namespace tlspact

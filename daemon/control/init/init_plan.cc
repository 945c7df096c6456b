// SPDX-License-Identifier: MIT
#include "daemon/control/init/init_plan.h"

#include <algorithm>
#include <iterator>

#include "daemon/control/inbound_agreements.h"
#include "daemon/control/wiring/postfix_inbound_wiring.h"
#include "generators/exim/exim_inbound.h"
#include "generators/postfix/postfix_outbound.h"
#include "generators/shipped_files.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// An MTA that looks for a map which is not there defers all mail.
Result<void> must_exist(const fs::path& file) {
  std::error_code error;
  if (fs::exists(file, error)) return {};
  return fail(Errc::no_input, file.string() +
                                  ": does not exist, and the mail server would defer all "
                                  "mail without it; run tlspact generate first");
}

Result<void> check_postfix_map(const GeneratorSettings::Postfix& settings,
                               const PostfixFacts& facts) {
  const TableType type = settings.types.front();
  if (std::ranges::find(facts.readable, type) == facts.readable.end()) {
    const std::string name{table_type_name(type)};
    return fail(Errc::config, "Postfix cannot read tables of type " + name +
                                  ": install the package postfix-" + name +
                                  ", or choose another of types in [postfix]");
  }
  return must_exist(settings.map.string() + std::string{table_extension(type)});
}

Result<void> check_postfix_inbound(const GeneratorSettings::Postfix& settings,
                                   const InboundAgreements& inbound) {
  for (const fs::path& file : postfix_inbound_files(inbound, settings))
    if (auto there = must_exist(file); !there) return there;
  return {};
}

Result<void> check_exim_map(const GeneratorSettings::Exim& settings,
                            const InboundAgreements& inbound) {
  if (auto there = must_exist(settings.map); !there) return there;
  if (auto there = must_exist(exim_no_ca_path(settings.map)); !there || inbound.empty())
    return there;
  for (const fs::path& list : exim_inbound_paths(settings.map))
    if (auto there = must_exist(list); !there) return there;
  return {};
}

Result<void> plan_postfix_part(const Config& config, const MtaFacts& facts, Time now,
                               const InboundAgreements& inbound, InitPlan& plan) {
  const GeneratorSettings settings = generator_settings(config, facts);
  auto instances = read_postfix_instances();
  if (!instances) return std::unexpected(instances.error());
  plan.postfix = *std::move(instances);
  if (auto there = check_postfix_map(settings.postfix, facts.postfix); !there) return there;
  if (auto there = check_postfix_inbound(settings.postfix, inbound); !there) return there;
  if (!inbound.empty())
    for (const PostfixInstance& instance : plan.postfix)
      std::ranges::move(check_server_certificate(instance), std::back_inserter(plan.findings));
  const Agreements agreements = agreements_in_force(config.agreements.directory, now);
  return plan_postfix(init_settings(config, settings, inbound).postfix, agreements, plan);
}

Result<void> plan_exim_part(const Config& config, const MtaFacts& facts,
                            const InboundAgreements& inbound, InitPlan& plan) {
  const GeneratorSettings settings = generator_settings(config, facts);
  auto machine = read_exim_machine(facts.exim.program);
  if (!machine) return std::unexpected(machine.error());
  plan.exim = *std::move(machine);
  if (plan.exim->sends_to_mx())
    if (auto there = check_exim_map(settings.exim, inbound); !there) return there;
  return plan_exim(init_settings(config, settings, inbound).exim, plan);
}

}  // namespace

bool InitPlan::is_whole() const {
  return std::ranges::all_of(findings,
                             [](const Finding& each) { return each.severity == Severity::note; });
}

InitSettings init_settings(const Config& config, const GeneratorSettings& settings,
                           const InboundAgreements& inbound) {
  InitSettings out;
  if (settings.postfix.enabled && !settings.postfix.types.empty()) {
    out.postfix = postfix_outbound_settings(settings.postfix, config.tls.ca_file);
    std::ranges::move(postfix_inbound_settings(inbound, settings.postfix),
                      std::back_inserter(out.postfix));
  }
  if (!settings.exim.enabled) return out;
  for (SettingsFile& file : mta_settings(settings, config.tls.ca_file, inbound))
    if (file.path.string().starts_with("/etc/exim4/")) out.exim.push_back(std::move(file));
  return out;
}

Result<void> add_change(FileChange change, InitPlan& plan) {
  const auto now = read_file_state(change.path);
  if (!now) return std::unexpected(now.error());
  if (!now->exists || now->bytes != change.text) plan.changes.push_back(std::move(change));
  return {};
}

Result<InitPlan> plan_init(const Config& config, const MtaFacts& facts, Time now) {
  const GeneratorSettings settings = generator_settings(config, facts);
  InboundDirectory inbound = read_inbound_agreements(config, now);
  InitPlan plan{.findings = std::move(inbound.refused)};
  if (!facts.postfix.installed && !facts.exim.installed)
    plan.findings.push_back({Severity::warning, "init",
                             "neither Postfix nor Exim is installed here",
                             "for another machine: tlspact init --output DIR"});
  if (settings.postfix.enabled && facts.postfix.installed)
    if (auto planned = plan_postfix_part(config, facts, now, inbound.agreements, plan); !planned)
      return std::unexpected(planned.error());
  if (settings.exim.enabled && facts.exim.installed)
    if (auto planned = plan_exim_part(config, facts, inbound.agreements, plan); !planned)
      return std::unexpected(planned.error());
  return plan;
}

}  // namespace tlspact

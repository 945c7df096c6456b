// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/wiring.h"

#include <algorithm>

#include "daemon/control/inbound_agreements.h"
#include "daemon/control/wiring/exim_wiring.h"
#include "daemon/control/wiring/postfix_wiring.h"
#include "generators/postfix/postfix_outbound.h"

namespace tlspact {
namespace {

Finding not_asked(const std::string& mta, const Error& error) {
  return {Severity::warning, mta, "its configuration cannot be read: " + error.text,
          "run tlspact check as root"};
}

std::string recommended_ca_file(const Config& config) {
  return config.tls.ca_file.empty() ? std::string{kSystemCaFile} : config.tls.ca_file;
}

Findings of_postfix(const Config& config, const GeneratorSettings& settings,
                    const Agreements& agreements, const InboundAgreements& inbound) {
  const auto instances = read_postfix_instances();
  if (!instances) return {not_asked("Postfix", instances.error())};
  Findings out;
  for (const PostfixInstance& instance : *instances) {
    const PostfixExpectation expected{settings.postfix,
                                      agreements,
                                      recommended_ca_file(config),
                                      [&](const std::string& key, const std::string& table) {
                                        return query_postfix_table(instance, key, table);
                                      },
                                      inbound,
                                      config.live.socketmap};
    std::ranges::move(postfix_wiring(instance, expected), std::back_inserter(out));
  }
  return out;
}

Findings of_exim(const Config& config, const GeneratorSettings& settings,
                 const Agreements& agreements, const InboundAgreements& inbound,
                 const std::string& program) {
  const auto machine = read_exim_machine(program);
  if (!machine) return {not_asked("Exim", machine.error())};
  return exim_wiring(*machine, {settings.exim, agreements, config.tls.ca_file,
                                [&](const std::vector<std::string>& addresses) {
                                  return ask_exim_routes(program, addresses);
                                },
                                inbound});
}

}  // namespace

Findings wiring_findings(const Config& config, const MtaFacts& facts, Time now) {
  const GeneratorSettings settings = generator_settings(config, facts);
  const Agreements agreements = agreements_in_force(config.agreements.directory, now);
  // A file that is refused is told of by refresh(), and makes check fail.
  const InboundAgreements inbound = read_inbound_agreements(config, now).agreements;
  Findings out;
  if (settings.postfix.enabled && facts.postfix.installed && !settings.postfix.types.empty())
    out = of_postfix(config, settings, agreements, inbound);
  if (settings.exim.enabled && facts.exim.installed)
    std::ranges::move(of_exim(config, settings, agreements, inbound, facts.exim.program),
                      std::back_inserter(out));
  return out;
}

}  // namespace tlspact

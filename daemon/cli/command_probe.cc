// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/cli/arguments.h"
#include "daemon/cli/changing_store.h"
#include "daemon/cli/command.h"
#include "daemon/cli/progress.h"
#include "daemon/control/evidence_text.h"
#include "daemon/control/keep_evidence.h"
#include "daemon/control/probe_settings.h"
#include "daemon/control/report.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;
namespace json = boost::json;

/// What one target comes to.
struct Target {
  const std::string& key;
  const LearnedDomain* domain;  ///< nullptr: nothing was found of it
  std::vector<const Evidence*> seen;
};

std::vector<Target> targets_of(const ProbeWork& work, const ProbeReport& report,
                               const ProbeStates& states, std::vector<std::string>& keys) {
  for (const PolicyKey& each : work.domains)
    keys.push_back(each.text());
  std::vector<Target> out;
  for (const std::string& key : keys) {
    const auto known = states.domains.find(key);
    Target target{key, known == states.domains.end() ? nullptr : &known->second, {}};
    for (const Evidence& each : report.evidence) {
      if (target.domain != nullptr &&
          std::ranges::find(target.domain->hosts, each.host) != target.domain->hosts.end())
        target.seen.push_back(&each);
    }
    std::ranges::sort(target.seen, {},
                      [](const Evidence* each) { return std::pair{each->host, each->address}; });
    out.push_back(std::move(target));
  }
  return out;
}

std::string text_of(const Target& target, const ProbeStates& states, const LearnRules& rules,
                    Time now) {
  std::string out = target.key + ":";
  if (target.domain == nullptr || target.domain->hosts.empty()) return out + " no MX hosts\n";
  for (const std::string& host : target.domain->hosts)
    out += (host == target.domain->hosts.front() ? " " : ", ") + host;
  out += "\n";
  for (const Evidence* each : target.seen) {
    out += "  " + each->host + " " + each->address + ": " + evidence_text(*each) + "\n";
    const EndpointMemory* memory = states.endpoints.find(each->host, each->address);
    const std::string known = memory == nullptr ? "" : memory_text(*memory, rules, now);
    if (!known.empty()) out += "    " + known + "\n";
  }
  if (target.domain->learned)
    out +=
        "  all MX hosts are known to do TLS since " + format_time(*target.domain->learned) + "\n";
  return out;
}

json::object json_of(const Target& target) {
  json::object out{{"next_hop", target.key}};
  json::array hosts;
  json::array endpoints;
  if (target.domain != nullptr) {
    for (const std::string& host : target.domain->hosts)
      hosts.emplace_back(host);
    if (target.domain->learned) out["learned"] = format_time(*target.domain->learned);
  }
  for (const Evidence* each : target.seen) {
    endpoints.push_back(evidence_to_json(*each));
  }
  out["hosts"] = std::move(hosts);
  out["endpoints"] = std::move(endpoints);
  return out;
}

/// 1: an endpoint does no TLS, or what it does fails; 75: of a target nothing positive was seen.
int exit_code(const std::vector<Target>& targets) {
  bool negative = false;
  bool unknown = false;
  for (const Target& target : targets) {
    const auto seen = [&](EvidenceKind kind) {
      return std::ranges::any_of(target.seen,
                                 [&](const Evidence* each) { return each->kind == kind; });
    };
    negative = negative || seen(EvidenceKind::negative);
    unknown = unknown || !(seen(EvidenceKind::positive) || seen(EvidenceKind::negative));
  }
  return unknown ? static_cast<int>(Errc::try_again) : (negative ? 1 : 0);
}

Result<ProbeWork> work_of(const std::vector<std::string>& targets) {
  ProbeWork work;
  work.due_or_not = true;
  for (const std::string& target : targets) {
    auto key = parse_policy_key(target);
    if (!key) return std::unexpected(std::move(key.error()));
    if (key->pattern.subdomains)
      return fail(Errc::bad_input, key->text() + " is a pattern: name a domain or a host");
    if (std::ranges::find(work.domains, *key) == work.domains.end())
      work.domains.push_back(*std::move(key));
  }
  return work;
}

CommandResult result_of(const ProbeWork& work, ProbeReport report, const ProbeStates& states,
                        const LearnRules& rules) {
  CommandResult result;
  std::vector<std::string> keys;
  const std::vector<Target> targets = targets_of(work, report, states, keys);
  json::array documents;
  for (const Target& target : targets) {
    result.text += text_of(target, states, rules, clock_now());
    documents.push_back(json_of(target));
  }
  json::array not_done;
  for (const std::string& each : report.not_done) {
    result.text += "not probed: " + each + "\n";
    not_done.emplace_back(each);
  }
  result.exit_code = exit_code(targets);
  result.notices = std::move(report.notices);
  result.document = json::serialize(json::object{{"targets", std::move(documents)},
                                                 {"not_probed", std::move(not_done)},
                                                 {"frozen", report.frozen}});
  return result;
}

}  // namespace

Result<CommandResult> run_probe(const std::vector<std::string>& given,
                                const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact probe TARGET…",
       .description =
           "Looks at the TLS of the MX hosts of domains now: one connection to each address, with "
           "EHLO,\nSTARTTLS, a handshake, EHLO and QUIT. What it sees is kept as evidence. A "
           "TARGET is a "
           "domain, or a\nnext-hop such as \"[relay.example]:587\"; hosts that opted out are "
           "passed "
           "over.\n\n"
           "Exit codes: 0 TLS everywhere; 1 an address does none, or a broken one; 65 not a domain "
           "name; 75 of\na target nothing could be learned, or another run is at work.",
       .positional = "target",
       .many = true},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  if (!arguments.has("target")) return fail(Errc::usage, "name a domain or next-hop to probe");
  const auto work = work_of(arguments.texts("target"));
  if (!work) return std::unexpected(work.error());
  auto open = open_changing_store(global, clock_now());
  if (!open) return std::unexpected(open.error());
  auto states = read_probe_states(open->store);
  if (!states) return std::unexpected(states.error());
  ProbeOptions options = probe_options(open->config);
  options.progress = progress_on_terminal();
  auto report = run_probes(*work, options, *states);
  if (!report) return std::unexpected(report.error());
  if (auto kept = keep_evidence(open->store, *report, options, *states); !kept)
    return std::unexpected(kept.error());
  CommandResult result = result_of(*work, *std::move(report), *states, options.rules);
  result.notices.insert(result.notices.begin(), open->notices.begin(), open->notices.end());
  return result;
}

}  // namespace tlspact

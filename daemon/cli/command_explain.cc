// SPDX-License-Identifier: MIT
#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/evidence_text.h"
#include "daemon/cli/offline_view.h"
#include "daemon/cli/report.h"
#include "daemon/control/explain.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;

std::string candidate_title(const Candidate& candidate) {
  std::string out{source_name(candidate.source)};
  const std::string& name = candidate.provenance.name;
  if (!name.empty()) out += " " + shown(name);
  if (candidate.exception) out += " (exception)";
  return out;
}

/// "agreement Acme Bank: in force" and what it says, three lines.
std::string judged_text(const Judged& judged) {
  const Candidate& candidate = judged.candidate;
  std::string out =
      "  " + candidate_title(candidate) + ": " + std::string{standing_text(judged.standing)} +
      (judged.standing == Standing::waiting ? ": " + one_line(candidate.held) : "") + "\n";
  std::string says;
  if (candidate.source == Source::dane) {
    says = "state " + std::string{dane_state_name(candidate.dane.state)};
  } else {
    if (candidate.source == Source::list || candidate.source == Source::mta_sts)
      says = "mode " + std::string{mode_name(candidate.mode)};
    if (candidate.policy != nullptr) {
      says +=
          (says.empty() ? "level " : ", level ") + std::string{level_name(candidate.policy->level)};
      if (!candidate.policy->mx.empty()) says += ", mx " + patterns_text(candidate.policy->mx);
    }
  }
  out += "    says: " + says + "\n    from: " + one_line(candidate.provenance.where);
  if (!candidate.provenance.serial.empty()) out += " (" + shown(candidate.provenance.serial) + ")";
  if (candidate.covered_by) out += ", on " + candidate.covered_by->text();
  if (candidate.valid_from) out += ", from " + format_time(*candidate.valid_from);
  if (candidate.valid_until) out += ", until " + format_time(*candidate.valid_until);
  return out + "\n";
}

std::string policy_text(const TlsPolicy& policy) {
  std::string out;
  if (!policy.mx.empty()) out += "  MX hosts allowed: " + patterns_text(policy.mx) + "\n";
  if (!policy.certificate_names.empty())
    out += "  certificate names: " + patterns_text(policy.certificate_names) + "\n";
  if (!policy.pins.empty()) out += "  " + counted(policy.pins.size(), "pinned digest") + "\n";
  if (!policy.ca_file.empty()) out += "  trust anchors: " + policy.ca_file + "\n";
  if (policy.min_tls) out += "  at least " + std::string{tls_version_name(*policy.min_tls)} + "\n";
  if (policy.dane_where_present) out += "  DANE on the MX hosts that have TLSA records\n";
  return out;
}

std::string mta_text(std::string_view mta, const RenderedEntry& entry, const std::string& key) {
  return std::string{mta} + "\n  " +
         (entry.value ? key + " " + *entry.value : "no entry: its own default applies") + "\n";
}

std::string endpoints_text(const Explanation& explanation) {
  if (explanation.endpoints.empty()) return {};
  std::string out = "\nMX hosts as they were last seen\n";
  for (const EndpointMemory& each : explanation.endpoints) {
    out += "  " + each.host + " " + each.address + ": ";
    if (each.last) out += format_time(each.last->at) + ": " + one_line(evidence_text(*each.last));
    if (each.alarm) out += "; ALARM: no TLS since " + format_time(*each.alarm);
    if (!each.alarm && each.confirmed)
      out += "; known to do TLS since " + format_time(*each.confirmed);
    out += "\n";
  }
  const auto add = [&](const std::string& what, const std::vector<HostProof>& proofs) {
    for (const HostProof& each : proofs)
      out += "  " + what + ": " + each.host + ": " + one_line(proof_text(each)) + "\n";
  };
  if (explanation.decision.policy != nullptr)
    add(std::string{level_name(explanation.decision.policy->level)}, explanation.proofs);
  for (const auto& [source, proofs] : explanation.testing)
    add(source + " in mode testing", proofs);
  return out;
}

std::string explanation_text(const Explanation& explanation, const GeneratorSettings& settings) {
  const Decision& decision = explanation.decision;
  std::string out = decision.key.text() + ": ";
  if (decision.policy == nullptr) {
    out += "no entry, the MTA's own default applies\n";
  } else {
    out += std::string{level_name(decision.policy->level)} + "\n" + policy_text(*decision.policy);
  }
  out += decision.judged.empty() ? "\nNo source says anything about it.\n" : "\nSources\n";
  for (const Judged& judged : decision.judged)
    out += judged_text(judged);
  out += "\n" + mta_text("Postfix " + settings.postfix.options.version.text(), explanation.postfix,
                         explanation.map_key.text());
  out += mta_text("Exim", explanation.exim, explanation.map_key.text());
  out += endpoints_text(explanation);
  const std::string notices = notices_text(explanation.notices, Severity::note);
  if (!notices.empty()) out += "\n" + notices;
  return out;
}

Poco::JSON::Object::Ptr judged_json(const Judged& judged) {
  const Candidate& candidate = judged.candidate;
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("source", std::string{source_name(candidate.source)});
  out->set("name", shown(candidate.provenance.name));
  out->set("where", candidate.provenance.where);
  out->set("serial", shown(candidate.provenance.serial));
  out->set("mode", std::string{mode_name(candidate.mode)});
  out->set("wins", judged.standing == Standing::wins);
  out->set("standing", std::string{standing_text(judged.standing)});
  if (!candidate.held.empty()) out->set("held", candidate.held);
  if (candidate.valid_from) out->set("valid_from", format_time(*candidate.valid_from));
  if (candidate.valid_until) out->set("valid_until", format_time(*candidate.valid_until));
  if (candidate.policy != nullptr) out->set("policy", policy_json(*candidate.policy));
  return out;
}

Poco::JSON::Array::Ptr endpoints_json(const std::vector<EndpointMemory>& endpoints) {
  Poco::JSON::Array::Ptr out = new Poco::JSON::Array;
  for (const EndpointMemory& each : endpoints) {
    Poco::JSON::Object::Ptr endpoint = new Poco::JSON::Object;
    endpoint->set("host", each.host);
    endpoint->set("address", each.address);
    if (each.last) {
      endpoint->set("at", format_time(each.last->at));
      endpoint->set("kind", std::string{evidence_kind_name(each.last->kind)});
      endpoint->set("text", evidence_text(*each.last));
    }
    if (each.alarm) endpoint->set("alarm", format_time(*each.alarm));
    if (each.confirmed) endpoint->set("confirmed", format_time(*each.confirmed));
    out->add(endpoint);
  }
  return out;
}

Poco::JSON::Object::Ptr explanation_json(const Explanation& explanation) {
  const Decision& decision = explanation.decision;
  Poco::JSON::Object::Ptr out = new Poco::JSON::Object;
  out->set("next_hop", decision.key.text());
  out->set("map_key", explanation.map_key.text());
  if (decision.policy != nullptr) out->set("policy", policy_json(*decision.policy));
  if (decision.valid_until) out->set("valid_until", format_time(*decision.valid_until));
  Poco::JSON::Array::Ptr candidates = new Poco::JSON::Array;
  for (const Judged& judged : decision.judged)
    candidates->add(judged_json(judged));
  out->set("candidates", candidates);
  if (explanation.postfix.value) out->set("postfix", *explanation.postfix.value);
  if (explanation.exim.value) out->set("exim", *explanation.exim.value);
  if (!explanation.endpoints.empty()) out->set("endpoints", endpoints_json(explanation.endpoints));
  out->set("notices", notices_json(explanation.notices));
  return out;
}

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
  const Explanation explanation = explain(view->refreshed, *key, view->settings, now);
  return CommandResult{.exit_code = 0,
                       .text = explanation_text(explanation, view->settings),
                       .json = explanation_json(explanation),
                       .notices = std::move(view->refreshed.notices)};
}

}  // namespace tlspact

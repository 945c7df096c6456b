// SPDX-License-Identifier: MIT
#include "daemon/control/explanation_report.h"

#include <Poco/JSON/Array.h>

#include "daemon/control/evidence_text.h"
#include "daemon/control/report.h"

namespace tlspact {
namespace {

/// "agreement Acme Bank: in force" and what it says, three lines.
std::string judged_text(const Judged& judged) {
  return "  " + candidate_title(judged.candidate) + ": " + judged_standing(judged) +
         "\n    says: " + candidate_says(judged.candidate) +
         "\n    from: " + candidate_from(judged.candidate) + "\n";
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

}  // namespace

std::string candidate_title(const Candidate& candidate) {
  std::string out{source_name(candidate.source)};
  const std::string& name = candidate.provenance.name;
  if (!name.empty()) out += " " + shown(name);
  if (candidate.exception) out += " (exception)";
  return out;
}

std::string judged_standing(const Judged& judged) {
  return std::string{standing_text(judged.standing)} +
         (judged.standing == Standing::waiting ? ": " + one_line(judged.candidate.held) : "");
}

std::string candidate_says(const Candidate& candidate) {
  if (candidate.source == Source::dane)
    return "state " + std::string{dane_state_name(candidate.dane.state)};
  std::string says;
  if (candidate.source == Source::list || candidate.source == Source::mta_sts)
    says = "mode " + std::string{mode_name(candidate.mode)};
  if (candidate.policy == nullptr) return says;
  says += (says.empty() ? "level " : ", level ") + std::string{level_name(candidate.policy->level)};
  if (!candidate.policy->mx.empty()) says += ", mx " + patterns_text(candidate.policy->mx);
  return says;
}

std::string candidate_from(const Candidate& candidate) {
  std::string out = one_line(candidate.provenance.where);
  if (!candidate.provenance.serial.empty()) out += " (" + shown(candidate.provenance.serial) + ")";
  if (candidate.covered_by) out += ", on " + candidate.covered_by->text();
  if (candidate.valid_from) out += ", from " + format_time(*candidate.valid_from);
  if (candidate.valid_until) out += ", until " + format_time(*candidate.valid_until);
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

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/evidence_text.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "daemon/control/report.h"
#include "daemon/store/evidence_json.h"

namespace tlspact {
namespace {

std::string tls_text(const Evidence& seen) {
  if (!seen.tls) return seen.stage + ": " + seen.outcome + ": " + seen.detail;
  std::string out{tls_version_name(*seen.tls)};
  if (seen.certificate_sha256.empty()) return out + ", no certificate";
  out += seen.chain_trusted ? ", the certificate is trusted" : ", the certificate is not trusted";
  out += seen.names_host ? ", for the host" : ", not for the host";
  if (seen.certificate_end) out += ", until " + format_time(*seen.certificate_end);
  if (seen.dane) out += *seen.dane ? ", TLSA matches" : ", no TLSA record matches";
  if (seen.kind != EvidenceKind::positive) out += "; " + seen.stage + ": " + seen.detail;
  return out;
}

}  // namespace

std::string evidence_text(const Evidence& seen) {
  return std::string{evidence_kind_name(seen.kind)} + ": " + tls_text(seen);
}

std::string memory_text(const EndpointMemory& memory, const LearnRules& rules, Time now) {
  if (memory.alarm)
    return "ALARM: it did TLS before, and does not since " + format_time(*memory.alarm);
  if (is_confirmed(memory, rules, now))
    return "known to do TLS since " + format_time(*memory.confirmed);
  const auto tls = std::ranges::count_if(memory.sightings, &Sighting::tls);
  return tls == 0 ? "" : "TLS was seen in " + counted(static_cast<std::size_t>(tls), "look");
}

std::string proof_text(const HostProof& proof) {
  switch (proof.proof) {
    case Proof::proven:
      return "met: " + proof.text;
    case Proof::unproven:
      return "not known: " + proof.text;
    case Proof::disproven:
      return "NOT met: " + proof.text;
  }
  return {};
}

boost::json::object evidence_to_json(const Evidence& seen) {
  boost::json::object out = boost::json::parse(evidence_json(seen)).get_object();
  out["at"] = format_time(seen.at);
  if (seen.certificate_end) out["certificate_end"] = format_time(*seen.certificate_end);
  return out;
}

}  // namespace tlspact

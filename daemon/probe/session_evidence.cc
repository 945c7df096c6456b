// SPDX-License-Identifier: MIT
#include "daemon/probe/session_evidence.h"

#include <algorithm>

#include "policy/learning.h"
#include "smtp/tls/openssl_handles.h"
#include "smtp/transcript/binary_text.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxDetail = 300;

/// Whether a record matched, of those that can be used; nullopt: there are none.
std::optional<bool> dane_verdict(const CertificateVerdict& verdict) {
  std::optional<bool> out;
  for (const TlsaVerdict& each : verdict.tlsa) {
    if (each.usability == TlsaUsability::usable) out = out.value_or(false) || each.matches;
  }
  return out;
}

/// The names that a delivery checks may be others than the host's.
bool names_host(const SessionRequest& request, const CertificateVerdict& verdict) {
  if (request.policy.names.empty()) return verdict.name_matches;
  const auto host = MxPattern::parse(request.host);
  if (!host) return false;
  return std::ranges::any_of(verdict.certificate_names, [&](const std::string& text) {
    const auto name = MxPattern::parse(text);
    return name && name->matches(host->name);
  });
}

void add_certificate(Evidence& evidence, const SessionRequest& request,
                     const SessionResult& result) {
  evidence.tls = result.facts->version;
  if (!result.certificate) return;
  const CertificateVerdict& verdict = *result.certificate;
  evidence.chain_trusted = verdict.chain_trusted;
  evidence.names_host = names_host(request, verdict);
  evidence.dane = dane_verdict(verdict);
  evidence.certificate_end = verdict.certificate_end;
  evidence.names = verdict.certificate_names;
  if (evidence.names.size() > kMaxEvidenceNames) evidence.names.resize(kMaxEvidenceNames);
  if (result.facts->chain.empty()) return;
  const SentCertificate& certificate = result.facts->chain.front();
  evidence.certificate_sha256 = sha256_hex(certificate.der());
  if (certificate.parsed() != nullptr)
    evidence.public_key_sha256 = sha256_hex(public_key_of(certificate.parsed()));
}

}  // namespace

std::optional<Evidence> session_evidence(const SessionRequest& request, const SessionResult& result,
                                         std::uint16_t usual_port, Time at) {
  if (request.in_clear || request.policy.demand == TlsDemand::none) return std::nullopt;
  Evidence out{.host = endpoint_host(request.host, request.endpoint.port(), usual_port),
               .address = request.endpoint.address().to_string(),
               .at = at,
               .kind = result.outcome.evidence,
               .stage = std::string{stage_name(result.outcome.stage)},
               .outcome = std::string{outcome_class_name(result.outcome.outcome)},
               .detail = result.outcome.detail.substr(0, kMaxDetail),
               .names = {}};
  // Our own demand may be what it failed at, which says nothing of the server.
  const HostPolicy& policy = request.policy;
  const bool demanding = policy.min_tls.value_or(TlsVersion::tls1_2) > TlsVersion::tls1_2 ||
                         policy.ciphers || !policy.client_certificate.empty();
  if (demanding && result.outcome.stage == Stage::handshake) out.kind = EvidenceKind::inconclusive;
  if (result.facts) add_certificate(out, request, result);
  return out;
}

}  // namespace tlspact

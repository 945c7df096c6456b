// SPDX-License-Identifier: MIT
#include "smtp/tls/certificate_check.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "smtp/tls/certificate_names.h"
#include "smtp/tls/chain_faults.h"
#include "smtp/tls/openssl_handles.h"
#include "smtp/tls/tlsa_check.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxNamesTold = 32;

std::optional<Time> end_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return std::nullopt;
  return std::chrono::time_point_cast<Seconds>(
      std::chrono::system_clock::from_time_t(timegm(&parts)));
}

std::array<std::uint8_t, 32> sha256(std::string_view data) {
  std::array<std::uint8_t, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  return digest;
}

bool meets(const Fingerprint& pin, const X509* certificate) {
  const std::string data =
      pin.of == Fingerprint::Of::certificate ? der_of(certificate) : public_key_of(certificate);
  return pin.sha256 == sha256(data);
}

std::vector<MxPattern> names_to_check(const HostPolicy& policy, const std::string& host) {
  if (!policy.names.empty()) return policy.names;
  auto name = MxPattern::parse(host);
  if (!name) return {};
  return {*std::move(name)};
}

void judge_names(CertificateVerdict& verdict, X509* certificate,
                 const std::vector<MxPattern>& names) {
  std::vector<std::string> dns_names = dns_names_of(certificate);
  for (const MxPattern& name : names) {
    const bool matches = certificate_meets(certificate, dns_names, name);
    verdict.names.push_back({.pattern = name.text(), .matches = matches});
    verdict.name_matches = verdict.name_matches || matches;
  }
  if (dns_names.size() > kMaxNamesTold) dns_names.resize(kMaxNamesTold);
  verdict.certificate_names = std::move(dns_names);
}

template <class Verdicts>
bool any_matches(const Verdicts& verdicts) {
  return std::ranges::any_of(verdicts, [](const auto& each) { return each.matches; });
}

std::string pkix_text(const CertificateVerdict& verdict) {
  std::string text;
  for (const ChainFault& fault : verdict.chain_faults)
    text +=
        (text.empty() ? "" : "; ") + fault.text + " (at depth " + std::to_string(fault.depth) + ")";
  if (verdict.name_matches) return text.empty() ? "the chain is trusted and names the host" : text;
  std::string names;
  for (const NameVerdict& name : verdict.names)
    names += (names.empty() ? "" : ", ") + name.pattern;
  return text + (text.empty() ? "" : "; ") + "the certificate is not for " + names;
}

std::string dane_text(const CertificateVerdict& verdict) {
  for (const TlsaVerdict& each : verdict.tlsa) {
    if (each.matches) return "TLSA " + each.record.text() + " matches";
  }
  return "no TLSA record matches what the server presented";
}

void conclude(CertificateVerdict& verdict, TlsDemand demand) {
  switch (demand) {
    case TlsDemand::none:
    case TlsDemand::opportunistic:
    case TlsDemand::encrypted:
      verdict.satisfied = true;
      verdict.text = "no certificate is asked for; " + pkix_text(verdict);
      break;
    case TlsDemand::dane:
      verdict.satisfied = any_matches(verdict.tlsa);
      verdict.text = dane_text(verdict);
      break;
    case TlsDemand::pkix:
      verdict.satisfied = verdict.chain_trusted && verdict.name_matches;
      verdict.text = pkix_text(verdict);
      break;
    case TlsDemand::pinned:
      verdict.satisfied = any_matches(verdict.pins);
      verdict.text = verdict.satisfied ? "a pinned fingerprint matches"
                                       : "no pinned fingerprint matches what the server presented";
      break;
  }
}

CertificateVerdict nothing_presented(const HostPolicy& policy) {
  CertificateVerdict verdict;
  conclude(verdict, policy.demand);
  verdict.text = verdict.satisfied ? "the server presented no certificate; none is asked for"
                                   : "the server presented no certificate that can be read";
  return verdict;
}

}  // namespace

CertificateVerdict check_certificate(const std::vector<SentCertificate>& chain,
                                     const HostPolicy& policy, const std::string& host,
                                     const TrustStore& trusted, Time now) {
  if (chain.empty() || chain.front().parsed() == nullptr) return nothing_presented(policy);
  std::vector<X509*> certificates;
  for (const SentCertificate& each : chain) {
    if (each.parsed() != nullptr) certificates.push_back(each.parsed());
  }
  CertificateVerdict verdict;
  verdict.certificate_end = end_of(certificates.front());
  judge_names(verdict, certificates.front(), names_to_check(policy, host));
  ChainVerification verification{certificates, trusted, now};
  verdict.chain_faults = verification.run();
  verdict.chain_trusted = verdict.chain_faults.empty();
  verdict.anchors = verification.not_sent();
  verdict.tlsa = check_tlsa(policy.tlsa, certificates, policy.names, now);
  for (const Fingerprint& pin : policy.pins)
    verdict.pins.push_back({.pin = pin, .matches = meets(pin, certificates.front())});
  conclude(verdict, policy.demand);
  return verdict;
}

}  // namespace tlspact

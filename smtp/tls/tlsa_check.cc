// SPDX-License-Identifier: MIT
#include "smtp/tls/tlsa_check.h"

#include <openssl/err.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <new>

#include "smtp/tls/chain_faults.h"
#include "smtp/tls/openssl_handles.h"

namespace tlspact {
namespace {

constexpr std::uint8_t kDaneTa = 2;

std::string sha256(std::string_view data) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  return {digest.begin(), digest.end()};
}

std::string sha512(std::string_view data) {
  std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
  SHA512(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  return {digest.begin(), digest.end()};
}

/// RFC 6698 section 2.1.3.
bool is_data_of(const TlsaRecord& record, const X509* certificate) {
  const std::string selected =
      record.selector == 0 ? der_of(certificate) : public_key_of(certificate);
  switch (record.matching_type) {
    case 0:
      return record.data == selected;
    case 1:
      return record.data == sha256(selected);
    case 2:
      return record.data == sha512(selected);
    default:
      return false;
  }
}

const SslCtxPtr& dane_context() {
  static const SslCtxPtr context = [] {
    SslCtxPtr made{SSL_CTX_new(TLS_client_method())};
    if (!made || SSL_CTX_dane_enable(made.get()) != 1) throw std::bad_alloc();
    return made;
  }();
  return context;
}

/// An SSL that will never speak: OpenSSL keeps TLSA records nowhere else.
SslPtr holder_of(const TlsaRecord& record, const std::vector<MxPattern>& names) {
  SslPtr ssl{SSL_new(dane_context().get())};
  if (!ssl) throw std::bad_alloc();
  const std::string base = names.empty() ? "invalid" : names.front().name.text();
  SSL_dane_enable(ssl.get(), base.c_str());
  for (const MxPattern& name : names)
    SSL_add1_host(ssl.get(), name.name.text().c_str());
  SSL_dane_tlsa_add(ssl.get(), record.usage, record.selector, record.matching_type,
                    reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size());
  return ssl;
}

/// What keeps one DANE-TA record from authenticating the chain; none: it does.
std::vector<ChainFault> trust_anchor_faults(const TlsaRecord& record,
                                            const std::vector<X509*>& chain,
                                            const std::vector<MxPattern>& names, Time now) {
  const SslPtr ssl = holder_of(record, names);
  const TrustStore nothing = TrustStore::of({});
  ChainVerification verification{chain, nothing, now};
  X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(verification.get()), SSL_get0_param(ssl.get()));
  X509_STORE_CTX_set0_dane(verification.get(), SSL_get0_dane(ssl.get()));
  std::vector<ChainFault> faults = verification.run();
  ERR_clear_error();
  return faults;
}

std::string joined(const std::vector<ChainFault>& faults) {
  std::string text;
  for (const ChainFault& fault : faults)
    text += (text.empty() ? "" : "; ") + fault.text;
  return text;
}

void judge_trust_anchor(TlsaVerdict& verdict, const std::vector<X509*>& chain,
                        const std::vector<MxPattern>& names, Time now) {
  const std::vector<ChainFault> faults = trust_anchor_faults(verdict.record, chain, names, now);
  verdict.matches = faults.empty();
  verdict.text = faults.empty() ? "the chain leads to it" : joined(faults);
}

/// RFC 7672 section 3.1.1: the server's own certificate or key alone counts, whatever its names
/// and dates.
void judge_end_entity(TlsaVerdict& verdict, const std::vector<X509*>& chain) {
  verdict.matches = is_data_of(verdict.record, chain.front());
  const std::string_view what =
      verdict.record.selector == 0 ? "the server's certificate" : "the server's key";
  verdict.text = (verdict.matches ? "matches " : "does not match ") + std::string{what};
}

}  // namespace

std::vector<TlsaVerdict> check_tlsa(const std::vector<TlsaRecord>& records,
                                    const std::vector<X509*>& chain,
                                    const std::vector<MxPattern>& names, Time now) {
  const std::vector<TlsaRecord> counting = tlsa_to_match(records);
  std::vector<TlsaVerdict> verdicts;
  for (const TlsaRecord& record : records) {
    TlsaVerdict verdict{
        .record = record, .usability = tlsa_usability(record), .matches = false, .text = ""};
    if (verdict.usability != TlsaUsability::usable) {
      verdict.text = tlsa_usability_text(verdict.usability);
    } else if (std::ranges::find(counting, record) == counting.end()) {
      // RFC 7671 section 9: of the digests only the strongest counts.
      verdict.text = "passed over: there is a stronger digest";
    } else if (record.usage == kDaneTa) {
      judge_trust_anchor(verdict, chain, names, now);
    } else {
      judge_end_entity(verdict, chain);
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace tlspact

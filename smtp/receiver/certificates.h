// SPDX-License-Identifier: MIT
/// Certificates made for the occasion, in memory: for receivers that play a part (receiver.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/time.h"
#include "policy/tlsa_record.h"
#include "smtp/tls/openssl_handles.h"

namespace tlspact {

enum class KeyType : std::uint8_t { p256, p384, rsa2048 };

/// What a certificate is to say.
struct CertificateOrder {
  std::vector<std::string> names;  ///< DNS names; may be empty
  std::string common_name;         ///< empty: the first of `names`
  KeyType key = KeyType::p256;
  Time begin;
  Time end;
  bool authority = false;
  int path_length = -1;      ///< of an authority; below 0: no limit
  bool for_clients = false;  ///< the extended key usage is TLS clients alone
};

/// A private key and the chain that goes with it, the certificate for the key first. Cheap to copy.
struct Credential {
  std::vector<std::string> chain;  ///< DER
  std::shared_ptr<EVP_PKEY> key;

  /// All of the chain, PEM.
  [[nodiscard]] std::string chain_pem() const;
  [[nodiscard]] std::string key_pem() const;
  /// The data of a TLSA record for the certificate at `depth` of the chain.
  [[nodiscard]] TlsaRecord tlsa(std::uint8_t usage, std::uint8_t selector,
                                std::uint8_t matching_type, std::size_t depth = 0) const;
};

/// Signed by itself. Throws std::runtime_error if OpenSSL cannot.
[[nodiscard]] Credential self_signed(const CertificateOrder& order);

/// Signed by `issuer`, whose chain without its root follows in the new one's; with `whole_chain`
/// the root, too.
[[nodiscard]] Credential issued_by(const Credential& issuer, const CertificateOrder& order,
                                   bool whole_chain = false);

}  // namespace tlspact

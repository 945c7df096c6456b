// SPDX-License-Identifier: MIT
/// ChainVerification: OpenSSL's verification of a chain, made to go on after a fault.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "policy/time.h"
#include "smtp/tls/certificate_check.h"
#include "smtp/tls/openssl_handles.h"

namespace tlspact {

/// One verification. For the purpose of a TLS server, as of a given time.
class ChainVerification {
 public:
  /// `chain`: the server's own certificate first; not empty, and outlives this.
  ChainVerification(const std::vector<X509*>& chain, const TrustStore& trusted, Time now);
  ChainVerification(const ChainVerification&) = delete;
  ChainVerification& operator=(const ChainVerification&) = delete;
  ChainVerification(ChainVerification&&) = delete;
  ChainVerification& operator=(ChainVerification&&) = delete;
  ~ChainVerification();

  /// To set names or TLSA records on, before run().
  [[nodiscard]] X509_STORE_CTX* get() const { return context_.get(); }

  /// Every fault that OpenSSL finds, each once; none: the chain is good.
  [[nodiscard]] std::vector<ChainFault> run();

  /// After run(): the certificates of the chain that was built which the server did not send, DER.
  [[nodiscard]] std::vector<std::string> not_sent() const;

 private:
  const std::vector<X509*>& chain_;
  STACK_OF(X509) * untrusted_ = nullptr;  ///< borrows the certificates
  X509StoreCtxPtr context_;
  std::vector<ChainFault> faults_;
};

}  // namespace tlspact

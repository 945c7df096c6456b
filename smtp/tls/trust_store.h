// SPDX-License-Identifier: MIT
/// TrustStore: the certification authorities that chains may end at.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// Cheap to copy, immutable; for any thread.
class TrustStore {
 public:
  /// Of a PEM file; empty: the system's store. Costs milliseconds: share one. Errors (no_input): a
  /// file that cannot be read or holds no certificate.
  [[nodiscard]] static Result<TrustStore> load(const std::string& ca_file);

  /// Of certificates in DER; others are passed over. Empty: nothing is trusted.
  [[nodiscard]] static TrustStore of(const std::vector<std::string>& certificates);

  [[nodiscard]] X509_STORE* get() const { return store_.get(); }

 private:
  explicit TrustStore(X509_STORE* store) : store_(store, &X509_STORE_free) {}
  std::shared_ptr<X509_STORE> store_;
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// SentCertificate: a certificate as a server sent it.
#pragma once

#include <memory>
#include <string>

#include "smtp/tls/openssl_handles.h"

namespace tlspact {

/// The bytes, and what OpenSSL has made of them: to do that again costs a third of a handshake.
/// Copies share it.
class SentCertificate {
 public:
  /// Of bytes that may be anything.
  explicit SentCertificate(std::string der) : der_(std::move(der)), parsed_(certificate_of(der_)) {}
  /// Of one that OpenSSL has read already, and still uses.
  explicit SentCertificate(X509* certificate);

  [[nodiscard]] const std::string& der() const { return der_; }
  /// nullptr: it is no certificate. Lives as long as any copy of this.
  [[nodiscard]] X509* parsed() const { return parsed_.get(); }

  friend bool operator==(const SentCertificate& a, const SentCertificate& b) {
    return a.der_ == b.der_;
  }

 private:
  std::string der_;
  std::shared_ptr<X509> parsed_;
};

}  // namespace tlspact

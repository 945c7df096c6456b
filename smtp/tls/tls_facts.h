// SPDX-License-Identifier: MIT
/// TlsFacts: what a handshake that ended well agreed on, and what the server presented.
#pragma once

#include <string>
#include <vector>

#include "policy/tls_policy.h"
#include "smtp/tls/sent_certificate.h"

namespace tlspact {

struct TlsFacts {
  TlsVersion version = TlsVersion::tls1_2;
  std::string cipher;                  ///< OpenSSL's name
  std::string group;                   ///< of the key exchange, OpenSSL's name; may be empty
  std::string sni;                     ///< what was sent; empty: none
  bool client_certificate = false;     ///< the server asked for one, and there was one to give
  std::vector<SentCertificate> chain;  ///< the server's own certificate first

  friend bool operator==(const TlsFacts&, const TlsFacts&) = default;
};

}  // namespace tlspact

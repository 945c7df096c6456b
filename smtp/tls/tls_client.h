// SPDX-License-Identifier: MIT
/// TlsClient: the OpenSSL context that sessions share.
#pragma once

#include <string>

#include "smtp/session/channel.h"
#include "smtp/tls/host_policy.h"
#include "smtp/tls/openssl_handles.h"
#include "smtp/tls/tls_facts.h"

namespace tlspact {

/// Make one, share it; for one thread at a time. It verifies nothing itself: the chain is handed
/// out and judged by check_certificate(), which tells every reason. No session is resumed, because
/// a resumed one proves nothing about the certificate of today.
class TlsClient {
 public:
  TlsClient();

  /// An SSL for one handshake: versions and ciphers of the policy, SNI, client certificate. Errors
  /// (local): a client certificate or key that cannot be used.
  [[nodiscard]] ChannelResult<SslPtr> prepare(const HostPolicy& policy) const;

 private:
  SslCtxPtr usual_;
  SslCtxPtr high_;  ///< for CipherGrade::high: a list of ciphers is read once, not for each SSL
};

/// After a handshake.
[[nodiscard]] TlsFacts tls_facts(SSL* ssl, const HostPolicy& policy);

}  // namespace tlspact

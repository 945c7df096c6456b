// SPDX-License-Identifier: MIT
/// EximOptions: what the entries depend on besides the policy: the Exim that will read them.
#pragma once

#include <cstdint>

namespace tlspact {

/// `exim -bV` tells. It decides the language of tls_require_ciphers.
enum class TlsLibrary : std::uint8_t { gnutls, openssl };

struct EximOptions {
  TlsLibrary tls_library = TlsLibrary::gnutls;  ///< Debian's builds
  /// The trust store that the fragments name can be read. Without it, every secure entry defers.
  bool ca_store = true;
};

}  // namespace tlspact

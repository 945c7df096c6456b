// SPDX-License-Identifier: MIT
/// EximOptions: what the entries depend on besides the policy: the Exim that will read them.
#pragma once

#include <cstdint>
#include <string>

namespace tlspact {

/// `exim -bV` tells. It decides the language of tls_require_ciphers.
enum class TlsLibrary : std::uint8_t { gnutls, openssl };

struct EximOptions {
  TlsLibrary tls_library = TlsLibrary::gnutls;  ///< Debian's builds
  /// The trust store that the fragments name can be read. Without it, every secure entry defers.
  bool ca_store = true;
  /// DNSSEC is validated for Exim, which believes the AD bit of its resolver. Without it, Exim
  /// defers every dane-only domain and turns dane into may.
  bool dane = true;
  std::string no_dane_because = {};  ///< for people, where it is false
};

}  // namespace tlspact

// SPDX-License-Identifier: MIT
/// client_library(): OpenSSL for TLS clients that read the certificates of many servers.
#pragma once

#include <openssl/types.h>

namespace tlspact {

/// A library context with what a TLS client needs of OpenSSL's default provider. For the key of
/// each certificate that it reads OpenSSL 3.0 walks through all algorithms that it has loaded and
/// all decoders, several hundred, which takes longer than verifying a signature; here they are a
/// few dozen. The algorithms are the same ones, and so is what is verified.
///
/// Not there: ciphers other than AES and ChaCha20, digests other than MD5, SHA-1 and SHA-2, and
/// decoders for anything but RSA, RSA-PSS, elliptic curve, Ed25519 and Ed448 keys of certificates.
/// A certificate with another key (DSA) is read, its key counts as unreadable, and no chain
/// that needs it is accepted.
///
/// For SSL_CTX_new_ex(). Made at the first call and kept until the process ends; any thread.
/// nullptr where it cannot be made: that is OpenSSL's default context, which does the same in more
/// time.
[[nodiscard]] OSSL_LIB_CTX* client_library();

}  // namespace tlspact

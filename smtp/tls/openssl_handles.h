// SPDX-License-Identifier: MIT
/// Owning pointers for OpenSSL's objects, and the conversions that every user of them needs.
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace tlspact {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using X509StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

/// nullptr: it is no certificate.
[[nodiscard]] X509Ptr certificate_of(std::string_view der);
[[nodiscard]] std::string der_of(const X509* certificate);
/// The SubjectPublicKeyInfo, DER.
[[nodiscard]] std::string public_key_of(const X509* certificate);

/// The oldest line of OpenSSL's error queue, which is emptied; "" if it is empty.
[[nodiscard]] std::string take_openssl_error();

}  // namespace tlspact

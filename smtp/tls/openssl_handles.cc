// SPDX-License-Identifier: MIT
#include "smtp/tls/openssl_handles.h"

#include <openssl/err.h>

namespace tlspact {
namespace {

std::string take_bytes(unsigned char* bytes, int length) {
  if (length <= 0 || bytes == nullptr) return {};
  std::string result{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
  OPENSSL_free(bytes);
  return result;
}

}  // namespace

X509Ptr certificate_of(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr result{d2i_X509(nullptr, &bytes, static_cast<long>(der.size()))};
  ERR_clear_error();
  return result;
}

std::string der_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate, &bytes);
  return take_bytes(bytes, length);
}

std::string public_key_of(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
  return take_bytes(bytes, length);
}

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return {};
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace tlspact

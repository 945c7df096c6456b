// SPDX-License-Identifier: MIT
#include "smtp/tls/trust_store.h"

#include <openssl/err.h>

#include <new>

#include "smtp/tls/openssl_handles.h"

namespace tlspact {
namespace {

X509_STORE* new_store() {
  X509_STORE* const store = X509_STORE_new();
  if (store == nullptr) throw std::bad_alloc();
  return store;
}

}  // namespace

Result<TrustStore> TrustStore::load(const std::string& ca_file) {
  TrustStore result{new_store()};
  const int loaded = ca_file.empty() ? X509_STORE_set_default_paths(result.get())
                                     : X509_STORE_load_file(result.get(), ca_file.c_str());
  if (loaded != 1) {
    const std::string what = ca_file.empty() ? "the system's certificate store" : ca_file;
    return fail(Errc::no_input, what + ": no certificate can be read from it (" +
                                    take_openssl_error() + "); set ca_file");
  }
  return result;
}

TrustStore TrustStore::of(const std::vector<std::string>& certificates) {
  TrustStore result{new_store()};
  for (const std::string& der : certificates) {
    if (const X509Ptr certificate = certificate_of(der))
      X509_STORE_add_cert(result.get(), certificate.get());
  }
  ERR_clear_error();
  return result;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "smtp/tls/client_library.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace tlspact {
namespace {

/// Of one operation, by OpenSSL's first name for each. Names that a version does not have are
/// passed over: libssl leaves out what it cannot fetch.
struct Wanted {
  int operation;
  std::vector<std::string_view> names;
};

std::vector<Wanted> wanted() {
  return {
      {OSSL_OP_CIPHER,
       {"AES-128-GCM", "AES-256-GCM", "AES-128-CCM", "AES-256-CCM", "AES-128-CBC", "AES-256-CBC",
        "AES-128-CBC-HMAC-SHA1", "AES-256-CBC-HMAC-SHA1", "AES-128-CBC-HMAC-SHA256",
        "AES-256-CBC-HMAC-SHA256", "ChaCha20-Poly1305"}},
      {OSSL_OP_DIGEST, {"MD5", "MD5-SHA1", "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512"}},
      {OSSL_OP_MAC, {"HMAC"}},
      {OSSL_OP_KDF, {"HKDF", "TLS13-KDF", "TLS1-PRF"}},
      {OSSL_OP_DECODER, {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"}},
      {OSSL_OP_ENCODER, {}},
  };
}

bool is_wanted(const Wanted& wanted, const OSSL_ALGORITHM& each) {
  const std::string_view names = each.algorithm_names;  // "SHA2-256:SHA-256:SHA256:2.16.840…"
  if (std::ranges::find(wanted.names, names.substr(0, names.find(':'))) == wanted.names.end())
    return false;
  if (wanted.operation != OSSL_OP_DECODER) return true;
  const std::string_view properties = each.property_definition;
  return properties.contains("input=der") && properties.contains("structure=SubjectPublicKeyInfo");
}

/// A provider that hands on some of what the default provider of another context offers. The
/// functions get the default provider's own context, and work as if they were called there.
class Narrowed {
 public:
  /// nullptr: it cannot be made. Nothing is freed: who ends after the static objects may use it.
  static OSSL_LIB_CTX* make() {
    OSSL_LIB_CTX* const whole = OSSL_LIB_CTX_new();
    OSSL_LIB_CTX* const narrow = OSSL_LIB_CTX_new();
    if (whole == nullptr || narrow == nullptr) return nullptr;
    origin = OSSL_PROVIDER_load(whole, "default");
    if (origin == nullptr) return nullptr;
    auto* const made = new std::vector<List>;
    for (const Wanted& each : wanted())
      made->push_back(choose(each));
    lists = made;
    constexpr const char* kName = "tlspact-client";
    if (OSSL_PROVIDER_add_builtin(narrow, kName, &begin) != 1 ||
        OSSL_PROVIDER_load(narrow, kName) == nullptr)
      return nullptr;
    return narrow;
  }

 private:
  struct List {
    int operation;
    std::vector<OSSL_ALGORITHM> algorithms;  ///< ends as OpenSSL's lists do
  };

  static List choose(const Wanted& wanted) {
    List out{wanted.operation, {}};
    int no_store = 0;
    const OSSL_ALGORITHM* each = OSSL_PROVIDER_query_operation(origin, wanted.operation, &no_store);
    for (; each != nullptr && each->algorithm_names != nullptr; ++each)
      if (is_wanted(wanted, *each)) out.algorithms.push_back(*each);
    out.algorithms.push_back({nullptr, nullptr, nullptr, nullptr});
    return out;
  }

  static int begin(const OSSL_CORE_HANDLE* /*core*/, const OSSL_DISPATCH* /*in*/,
                   const OSSL_DISPATCH** out, void** context) {
    static const std::array<OSSL_DISPATCH, 3> functions{
        {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(&offer)},
         {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, reinterpret_cast<void (*)()>(&capabilities)},
         {0, nullptr}}};
    *out = functions.data();
    *context = OSSL_PROVIDER_get0_provider_ctx(origin);
    return 1;
  }

  static const OSSL_ALGORITHM* offer(void* /*context*/, int operation, int* no_store) {
    *no_store = 0;
    const auto found = std::ranges::find(*lists, operation, &List::operation);
    if (found != lists->end()) return found->algorithms.data();
    return OSSL_PROVIDER_query_operation(origin, operation, no_store);
  }

  /// The groups of TLS, and from OpenSSL 3.2 its signature algorithms.
  static int capabilities(void* /*context*/, const char* capability, OSSL_CALLBACK* told,
                          void* argument) {
    return OSSL_PROVIDER_get_capabilities(origin, capability, told, argument);
  }

  static inline OSSL_PROVIDER* origin = nullptr;
  static inline const std::vector<List>* lists = nullptr;
};

}  // namespace

OSSL_LIB_CTX* client_library() {
  static OSSL_LIB_CTX* const library = [] {
    ERR_set_mark();
    OSSL_LIB_CTX* const made = Narrowed::make();
    ERR_pop_to_mark();
    return made;
  }();
  return library;
}

}  // namespace tlspact

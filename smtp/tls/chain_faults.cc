// SPDX-License-Identifier: MIT
#include "smtp/tls/chain_faults.h"

#include <openssl/err.h>

#include <algorithm>
#include <chrono>
#include <new>

namespace tlspact {
namespace {

ChainFault::Kind kind_of(int code) {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ChainFault::Kind::expired;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
      return ChainFault::Kind::untrusted;
    default:
      return ChainFault::Kind::other;
  }
}

int fault_slot() {
  static const int slot = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

/// Notes what is wrong and says "go on": one reason must not hide the others.
int note_fault(int good, X509_STORE_CTX* context) {
  if (good == 1) return 1;
  auto& faults =
      *static_cast<std::vector<ChainFault>*>(X509_STORE_CTX_get_ex_data(context, fault_slot()));
  const int code = X509_STORE_CTX_get_error(context);
  ChainFault fault{.kind = kind_of(code),
                   .depth = X509_STORE_CTX_get_error_depth(context),
                   .openssl_code = code,
                   .text = X509_verify_cert_error_string(code)};
  if (std::ranges::find(faults, fault) == faults.end()) faults.push_back(std::move(fault));
  return 1;
}

}  // namespace

ChainVerification::ChainVerification(const std::vector<X509*>& chain, const TrustStore& trusted,
                                     Time now)
    : chain_(chain), untrusted_(sk_X509_new_null()), context_(X509_STORE_CTX_new()) {
  if (untrusted_ == nullptr || !context_) throw std::bad_alloc();
  for (X509* const each : chain)
    sk_X509_push(untrusted_, each);
  if (X509_STORE_CTX_init(context_.get(), trusted.get(), chain.front(), untrusted_) != 1)
    throw std::bad_alloc();
  X509_STORE_CTX_set_default(context_.get(), "ssl_server");
  X509_STORE_CTX_set_time(context_.get(), 0, std::chrono::system_clock::to_time_t(now));
  // 80 bits: no MD5, no SHA-1 signature, no RSA below 1,024 bits.
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context_.get()), 1);
  X509_STORE_CTX_set_ex_data(context_.get(), fault_slot(), &faults_);
  X509_STORE_CTX_set_verify_cb(context_.get(), note_fault);
}

ChainVerification::~ChainVerification() {
  context_.reset();
  sk_X509_free(untrusted_);
}

std::vector<ChainFault> ChainVerification::run() {
  const int good = X509_verify_cert(context_.get());
  if (good != 1 && faults_.empty()) {
    // It could not even begin, such as for lack of memory.
    const int code = X509_STORE_CTX_get_error(context_.get());
    faults_.push_back({.kind = ChainFault::Kind::other,
                       .depth = 0,
                       .openssl_code = code,
                       .text = X509_verify_cert_error_string(code)});
  }
  ERR_clear_error();
  return faults_;
}

std::vector<std::string> ChainVerification::not_sent() const {
  std::vector<std::string> result;
  const bool trusted = std::ranges::none_of(
      faults_, [](const ChainFault& each) { return each.kind == ChainFault::Kind::untrusted; });
  const STACK_OF(X509)* const built = X509_STORE_CTX_get0_chain(context_.get());
  for (int i = 0; i < sk_X509_num(built); ++i) {
    X509* const each = sk_X509_value(built, i);
    const bool sent =
        std::ranges::any_of(chain_, [&](const X509* other) { return X509_cmp(each, other) == 0; });
    // A root that was sent is trusted only if the store has it, too.
    const bool anchor = X509_self_signed(each, 0) == 1 && trusted;
    if (!sent || anchor) result.push_back(der_of(each));
  }
  return result;
}

}  // namespace tlspact

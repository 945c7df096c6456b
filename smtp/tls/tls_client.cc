// SPDX-License-Identifier: MIT
#include "smtp/tls/tls_client.h"

#include <openssl/err.h>

#include <new>
#include <stdexcept>
#include <string>

namespace tlspact {
namespace {

int version_number(TlsVersion version) {
  switch (version) {
    case TlsVersion::tls1_0:
      return TLS1_VERSION;
    case TlsVersion::tls1_1:
      return TLS1_1_VERSION;
    case TlsVersion::tls1_2:
      return TLS1_2_VERSION;
    case TlsVersion::tls1_3:
      return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

TlsVersion version_of(int number) {
  switch (number) {
    case TLS1_VERSION:
      return TlsVersion::tls1_0;
    case TLS1_1_VERSION:
      return TlsVersion::tls1_1;
    case TLS1_2_VERSION:
      return TlsVersion::tls1_2;
    default:
      return TlsVersion::tls1_3;
  }
}

/// RFC 8461 section 4.2 and RFC 7672 section 2.2 want to know the peer, RFC 7435 any encryption
/// rather than none.
TlsVersion lowest_version(const HostPolicy& policy) {
  if (policy.min_tls) return *policy.min_tls;
  return authenticates(policy.demand) ? TlsVersion::tls1_2 : TlsVersion::tls1_0;
}

/// Level 0 lets old versions and small keys through, where the other way is no encryption.
bool set_strength(SSL* ssl, const HostPolicy& policy) {
  SSL_set_security_level(ssl, authenticates(policy.demand) ? 1 : 0);
  return SSL_set_min_proto_version(ssl, version_number(lowest_version(policy))) == 1;
}

ChannelFault local_fault(std::string text) {
  const std::string reason = take_openssl_error();
  if (!reason.empty()) text += ": " + reason;
  return {ChannelFault::Kind::local, std::move(text)};
}

bool set_client_certificate(SSL* ssl, const HostPolicy& policy) {
  if (policy.client_certificate.empty()) return true;
  const std::string& key =
      policy.client_key.empty() ? policy.client_certificate : policy.client_key;
  return SSL_use_certificate_chain_file(ssl, policy.client_certificate.c_str()) == 1 &&
         SSL_use_PrivateKey_file(ssl, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_check_private_key(ssl) == 1;
}

/// OpenSSL calls this only when the server asks for a certificate.
int note_request(SSL* ssl, void* /*unused*/) {
  static char asked = 0;
  SSL_set_app_data(ssl, &asked);
  return 1;
}

bool was_asked(const SSL* ssl) {
  return SSL_get_app_data(ssl) != nullptr;
}

SslCtxPtr make_context(const char* ciphers) {
  SslCtxPtr context{SSL_CTX_new(TLS_client_method())};
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_security_level(context.get(), 0);  // set_strength() sets that of a handshake
  if (SSL_CTX_set_cipher_list(context.get(), ciphers) != 1)
    throw std::runtime_error(std::string{"OpenSSL knows no cipher of "} + ciphers);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cert_cb(context.get(), note_request, nullptr);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

}  // namespace

TlsClient::TlsClient()
    : usual_(make_context("DEFAULT:!aNULL:!eNULL")), high_(make_context("HIGH:!aNULL:!eNULL")) {}

ChannelResult<SslPtr> TlsClient::prepare(const HostPolicy& policy) const {
  ERR_clear_error();
  const SslCtxPtr& context = policy.ciphers == CipherGrade::high ? high_ : usual_;
  SslPtr ssl{SSL_new(context.get())};
  if (!ssl) throw std::bad_alloc();
  SSL_set_connect_state(ssl.get());
  if (!set_strength(ssl.get(), policy))
    return std::unexpected(local_fault("TLS versions cannot be set"));
  if (!policy.sni.empty() && SSL_set_tlsext_host_name(ssl.get(), policy.sni.c_str()) != 1)
    return std::unexpected(local_fault("SNI cannot be set"));
  if (!set_client_certificate(ssl.get(), policy))
    return std::unexpected(
        local_fault("the client certificate " + policy.client_certificate + " cannot be used"));
  return ssl;
}

TlsFacts tls_facts(SSL* ssl, const HostPolicy& policy) {
  TlsFacts facts;
  facts.version = version_of(SSL_version(ssl));
  facts.cipher = SSL_get_cipher_name(ssl);
  const char* const group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(ssl)));
  if (group != nullptr) facts.group = group;
  facts.sni = policy.sni;
  facts.client_certificate = was_asked(ssl) && SSL_get_certificate(ssl) != nullptr;
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; i < sk_X509_num(chain); ++i)
    facts.chain.emplace_back(sk_X509_value(chain, i));
  return facts;
}

}  // namespace tlspact

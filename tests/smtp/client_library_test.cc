// SPDX-License-Identifier: MIT
/// The narrowed OpenSSL verifies what the whole one does.
#include "smtp/tls/client_library.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "smtp/receiver/certificates.h"
#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

const std::string kName = "mta-sts.acme.example";

CertificateOrder order(KeyType key, const std::string& name, bool authority) {
  CertificateOrder out;
  out.common_name = name;
  if (!authority) out.names = {name};
  out.key = key;
  out.begin = std::chrono::floor<Seconds>(std::chrono::system_clock::now()) - Seconds{3600};
  out.end = out.begin + std::chrono::days{1};
  out.authority = authority;
  return out;
}

SslCtxPtr server_of(const Credential& credential) {
  SslCtxPtr out{SSL_CTX_new(TLS_server_method())};
  REQUIRE(SSL_CTX_use_certificate(out.get(), certificate_of(credential.chain[0]).get()) == 1);
  for (std::size_t i = 1; i < credential.chain.size(); ++i)
    REQUIRE(SSL_CTX_add1_chain_cert(out.get(), certificate_of(credential.chain[i]).get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(out.get(), credential.key.get()) == 1);
  return out;
}

SslCtxPtr client_trusting(const Credential& root) {
  SslCtxPtr out{SSL_CTX_new_ex(client_library(), nullptr, TLS_client_method())};
  REQUIRE(out);
  SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER, nullptr);
  REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(out.get()),
                              certificate_of(root.chain[0]).get()) == 1);
  return out;
}

struct Met {
  bool done = false;
  long verdict = X509_V_OK;
};

/// Both ends of a handshake, over memory.
Met meet(SSL_CTX* client, SSL_CTX* server, const std::string& name, int version) {
  const SslPtr here{SSL_new(client)};
  const SslPtr there{SSL_new(server)};
  BIO* near = nullptr;
  BIO* far = nullptr;
  REQUIRE(BIO_new_bio_pair(&near, 65536, &far, 65536) == 1);
  SSL_set_bio(here.get(), near, near);
  SSL_set_bio(there.get(), far, far);
  SSL_set_min_proto_version(here.get(), version);
  SSL_set_max_proto_version(here.get(), version);
  REQUIRE(SSL_set1_host(here.get(), name.c_str()) == 1);
  SSL_set_connect_state(here.get());
  SSL_set_accept_state(there.get());
  Met out;
  for (int round = 0; round < 4 && !out.done; ++round) {
    out.done = SSL_do_handshake(here.get()) == 1;
    static_cast<void>(SSL_do_handshake(there.get()));
  }
  out.verdict = SSL_get_verify_result(here.get());
  return out;
}

EvpPkeyPtr key_of(const char* type, const char* group = nullptr) {
  EvpPkeyPtr out{group == nullptr ? EVP_PKEY_Q_keygen(nullptr, nullptr, type)
                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, type, group)};
  REQUIRE(out);
  return out;
}

/// A certificate that holds `key`, read by the narrowed library.
X509Ptr read_with(EVP_PKEY* key) {
  const EvpPkeyPtr signer = key_of("ED25519");
  const X509Ptr made{X509_new()};
  REQUIRE(X509_set_pubkey(made.get(), key) == 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  REQUIRE(X509_sign(made.get(), signer.get(), nullptr) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.get(), &der);
  REQUIRE(size > 0);
  X509* read = X509_new_ex(client_library(), nullptr);
  const unsigned char* at = der;
  REQUIRE(d2i_X509(&read, &at, size) != nullptr);
  OPENSSL_free(der);
  X509Ptr out{read};
  CHECK((X509_verify(out.get(), signer.get()) == 1));
  return out;
}

}  // namespace

TEST_CASE("the narrowed library is one of its own") {
  REQUIRE(client_library() != nullptr);
  CHECK(client_library() == client_library());
}

TEST_CASE("keys that certificates of servers have are read, and are the same keys") {
  const std::pair<const char*, const char*> kinds[] = {
      {"EC", "P-256"}, {"EC", "P-384"}, {"EC", "P-521"}, {"ED25519", nullptr}, {"ED448", nullptr},
  };
  for (const auto& [type, group] : kinds) {
    INFO(type << " " << (group == nullptr ? "" : group));
    const EvpPkeyPtr key = key_of(type, group);
    const X509Ptr read = read_with(key.get());
    REQUIRE(X509_get0_pubkey(read.get()) != nullptr);
    CHECK(EVP_PKEY_eq(X509_get0_pubkey(read.get()), key.get()) == 1);
  }
  const X509Ptr other = read_with(key_of("X25519").get());
  CHECK(X509_get0_pubkey(other.get()) == nullptr);
}

TEST_CASE("what is verified, and what is refused") {
  for (const KeyType key : {KeyType::p256, KeyType::p384, KeyType::rsa2048}) {
    const Credential root = self_signed(order(key, "Root", true));
    const Credential stranger = self_signed(order(key, "Root", true));
    const Credential middle = issued_by(root, order(key, "Intermediate", true));
    const SslCtxPtr server = server_of(issued_by(middle, order(key, kName, false)));
    CertificateOrder old = order(key, kName, false);
    old.end = old.begin + Seconds{60};
    const SslCtxPtr expired = server_of(issued_by(middle, old));
    const SslCtxPtr client = client_trusting(root);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO("key type " << static_cast<int>(key) << ", version " << version);
      CHECK(meet(client.get(), server.get(), kName, version).done);
      const Met other_name = meet(client.get(), server.get(), "other.example", version);
      CHECK_FALSE(other_name.done);
      CHECK(other_name.verdict == X509_V_ERR_HOSTNAME_MISMATCH);
      const Met too_late = meet(client.get(), expired.get(), kName, version);
      CHECK_FALSE(too_late.done);
      CHECK(too_late.verdict == X509_V_ERR_CERT_HAS_EXPIRED);
      const Met untrusted = meet(client_trusting(stranger).get(), server.get(), kName, version);
      CHECK_FALSE(untrusted.done);
      CHECK(untrusted.verdict != X509_V_OK);
    }
  }
}

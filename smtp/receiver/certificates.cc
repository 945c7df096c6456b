// SPDX-License-Identifier: MIT
#include "smtp/receiver/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <array>
#include <stdexcept>

namespace tlspact {
namespace {

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

[[noreturn]] void cannot() {
  throw std::runtime_error("a certificate cannot be made: " + take_openssl_error());
}

std::shared_ptr<EVP_PKEY> make_key(KeyType type) {
  EVP_PKEY* key = nullptr;
  switch (type) {
    case KeyType::p256:
      key = EVP_EC_gen("P-256");
      break;
    case KeyType::p384:
      key = EVP_EC_gen("P-384");
      break;
    case KeyType::rsa2048:
      key = EVP_RSA_gen(2048);
      break;
  }
  if (key == nullptr) cannot();
  return {key, &EVP_PKEY_free};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) cannot();
}

void add_extensions(X509* certificate, const CertificateOrder& order) {
  std::string names;
  for (const std::string& name : order.names)
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add_extension(certificate, NID_subject_alt_name, names);
  if (order.authority) {
    std::string value = "critical,CA:TRUE";
    if (order.path_length >= 0) value += ",pathlen:" + std::to_string(order.path_length);
    add_extension(certificate, NID_basic_constraints, value);
    add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, NID_ext_key_usage, order.for_clients ? "clientAuth" : "serverAuth");
  }
}

void set_name(X509_NAME* name, const CertificateOrder& order) {
  std::string text = order.common_name;
  if (text.empty() && !order.names.empty()) text = order.names.front();
  // RFC 5280: at most 64 characters.
  text = text.substr(0, 64);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

void set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U);
}

/// `issuer` nullptr: itself.
X509Ptr make_certificate(const CertificateOrder& order, EVP_PKEY* key, const X509* issuer,
                         EVP_PKEY* issuer_key) {
  X509Ptr certificate{X509_new()};
  if (!certificate) cannot();
  constexpr long kVersion3 = 2;
  X509_set_version(certificate.get(), kVersion3);
  set_serial(certificate.get());
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                std::chrono::system_clock::to_time_t(order.begin));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                std::chrono::system_clock::to_time_t(order.end));
  X509_set_pubkey(certificate.get(), key);
  set_name(X509_get_subject_name(certificate.get()), order);
  const X509_NAME* const by =
      issuer != nullptr ? X509_get_subject_name(issuer) : X509_get_subject_name(certificate.get());
  X509_set_issuer_name(certificate.get(), by);
  add_extensions(certificate.get(), order);
  if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) cannot();
  return certificate;
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

template <class Digest>
std::string digest_of(std::string_view data, const Digest& digest, std::size_t size) {
  std::string result(size, '\0');
  digest(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(result.data()));
  return result;
}

}  // namespace

std::string Credential::chain_pem() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  for (const std::string& der : chain) {
    const X509Ptr certificate = certificate_of(der);
    if (!bio || !certificate || PEM_write_bio_X509(bio.get(), certificate.get()) != 1) cannot();
  }
  return content_of(bio.get());
}

std::string Credential::key_pem() const {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  if (!bio ||
      PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    cannot();
  return content_of(bio.get());
}

TlsaRecord Credential::tlsa(std::uint8_t usage, std::uint8_t selector, std::uint8_t matching_type,
                            std::size_t depth) const {
  const X509Ptr certificate = certificate_of(chain.at(depth));
  TlsaRecord record{usage, selector, matching_type,
                    selector == 0 ? chain.at(depth) : public_key_of(certificate.get())};
  if (matching_type == 1) record.data = digest_of(record.data, SHA256, SHA256_DIGEST_LENGTH);
  if (matching_type == 2) record.data = digest_of(record.data, SHA512, SHA512_DIGEST_LENGTH);
  return record;
}

Credential self_signed(const CertificateOrder& order) {
  Credential result;
  result.key = make_key(order.key);
  const X509Ptr certificate = make_certificate(order, result.key.get(), nullptr, result.key.get());
  result.chain.push_back(der_of(certificate.get()));
  return result;
}

Credential issued_by(const Credential& issuer, const CertificateOrder& order, bool whole_chain) {
  Credential result;
  result.key = make_key(order.key);
  const X509Ptr by = certificate_of(issuer.chain.front());
  const X509Ptr certificate = make_certificate(order, result.key.get(), by.get(), issuer.key.get());
  result.chain.push_back(der_of(certificate.get()));
  for (const std::string& der : issuer.chain) {
    const X509Ptr each = certificate_of(der);
    if (whole_chain || X509_self_signed(each.get(), 0) != 1) result.chain.push_back(der);
  }
  return result;
}

}  // namespace tlspact

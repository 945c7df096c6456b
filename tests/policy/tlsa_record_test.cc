// SPDX-License-Identifier: MIT
#include "policy/tlsa_record.h"

#include "tests/support/catch.h"
#include "tests/support/certificate.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

std::string digest(std::size_t size, char fill = '\xab') {
  return std::string(size, fill);
}

TlsaRecord record(int usage, int selector, int matching_type, std::string data) {
  return {static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(selector),
          static_cast<std::uint8_t>(matching_type), std::move(data)};
}

struct UsabilityRow {
  TlsaRecord record;
  TlsaUsability usability;
  const char* why;
};

template <std::size_t N>
void check_all(const UsabilityRow (&rows)[N]) {
  for (const UsabilityRow& row : rows) {
    INFO(row.record.text() << ": " << row.why);
    CHECK(tlsa_usability_text(tlsa_usability(row.record)) == tlsa_usability_text(row.usability));
  }
}

}  // namespace

TEST_CASE("TLSA RDATA is three octets and the data (RFC 6698 section 2.1)") {
  CHECK_FALSE(TlsaRecord::parse(""));
  CHECK_FALSE(TlsaRecord::parse(bytes("03 01")));
  const auto empty = TlsaRecord::parse(bytes("03 01 01"));
  REQUIRE(empty);
  CHECK(*empty == record(3, 1, 1, ""));
  CHECK(*TlsaRecord::parse(bytes("02 00 ff 00 0d")) == record(2, 0, 255, bytes("00 0d")));
}

TEST_CASE("a TLSA record as people read it") {
  CHECK(record(3, 1, 1, bytes("ab 12")).text() == "3 1 1 ab12");
  CHECK(record(3, 1, 1, "").text() == "3 1 1 ");
  CHECK(record(3, 1, 2, digest(64)).text().size() == 6 + 128);
  CHECK(record(2, 255, 0, digest(65)).text() ==
        "2 255 0 abababababababababababababababab… (65 bytes)");
}

TEST_CASE(
    "trap 52: usages 0 and 1, unknown selectors and matching types are unusable (RFC 7672 "
    "section 3.1.3)") {
  check_all({
      {record(3, 1, 1, digest(32)), TlsaUsability::usable, "the usual one"},
      {record(3, 0, 1, digest(32)), TlsaUsability::usable, "RFC 7672 section 3.1.1"},
      {record(2, 0, 1, digest(32)), TlsaUsability::usable, "RFC 7672 section 3.1.2"},
      {record(2, 1, 2, digest(64)), TlsaUsability::usable, "SHA2-512"},
      {record(0, 1, 1, digest(32)), TlsaUsability::pkix_usage, "PKIX-TA"},
      {record(1, 1, 1, digest(32)), TlsaUsability::pkix_usage, "PKIX-EE"},
      {record(4, 1, 1, digest(32)), TlsaUsability::unknown_usage, "unassigned"},
      {record(255, 1, 1, digest(32)), TlsaUsability::unknown_usage, "PrivCert"},
      {record(3, 2, 1, digest(32)), TlsaUsability::unknown_selector, "unassigned"},
      {record(3, 255, 1, digest(32)), TlsaUsability::unknown_selector, "PrivSel"},
      {record(3, 1, 3, digest(32)), TlsaUsability::unknown_matching_type, "unassigned"},
      {record(3, 1, 255, digest(32)), TlsaUsability::unknown_matching_type, "PrivMatch"},
  });
}

TEST_CASE("a digest that is not as long as its algorithm's can match nothing") {
  check_all({
      {record(3, 1, 1, ""), TlsaUsability::digest_length, "empty data"},
      {record(3, 1, 1, digest(31)), TlsaUsability::digest_length, "cut off"},
      {record(3, 1, 1, digest(33)), TlsaUsability::digest_length, "too long"},
      {record(3, 1, 1, digest(64)), TlsaUsability::digest_length, "SHA2-512 as SHA2-256"},
      {record(3, 1, 2, digest(32)), TlsaUsability::digest_length, "SHA2-256 as SHA2-512"},
      {record(2, 0, 2, digest(63)), TlsaUsability::digest_length, "cut off"},
  });
}

TEST_CASE(
    "trap 53: 3 1 0 and 2 1 0 are a public key, 3 0 0 and 2 0 0 a certificate (RFC 6698 "
    "section 2.1.2)") {
  const std::string certificate = certificate_der();
  const std::string key = public_key_der();
  check_all({
      {record(3, 1, 0, key), TlsaUsability::usable, "a bare public key"},
      {record(2, 1, 0, key), TlsaUsability::usable, "of a trust anchor"},
      {record(3, 0, 0, certificate), TlsaUsability::usable, "a certificate"},
      {record(2, 0, 0, certificate), TlsaUsability::usable, "of a trust anchor"},
      {record(3, 0, 0, key), TlsaUsability::not_a_certificate, "a key in its place"},
      {record(3, 1, 0, certificate), TlsaUsability::not_a_public_key, "a certificate in its place"},
  });
}

TEST_CASE("whole data is judged by its outer DER") {
  const std::string certificate = certificate_der();
  const std::string key = public_key_der();
  const auto no_certificate = TlsaUsability::not_a_certificate;
  const auto no_key = TlsaUsability::not_a_public_key;
  check_all({
      {record(3, 0, 0, ""), no_certificate, "empty data"},
      {record(3, 1, 0, ""), no_key, "empty data"},
      {record(3, 0, 0, bytes("30")), no_certificate, "a tag alone"},
      {record(3, 0, 0, bytes("30 82 01")), no_certificate, "a length that is cut off"},
      {record(3, 0, 0, certificate + '\0'), no_certificate, "something behind"},
      {record(3, 0, 0, certificate.substr(0, certificate.size() - 1)), no_certificate, "cut off"},
      {record(3, 1, 0, key + key), no_key, "two keys"},
      {record(3, 0, 0, digest(32)), no_certificate, "a digest"},
      {record(3, 0, 0, "-----BEGIN CERTIFICATE-----"), no_certificate, "PEM"},
      {record(3, 1, 0, bytes("30 0a 30 03 06 01 2a 03 03 00 04 05")), TlsaUsability::usable,
       "the least that can be a key"},
      {record(3, 1, 0, bytes("30 80 30 03 06 01 2a 03 03 00 04 05 00 00")), no_key,
       "indefinite length is BER, not DER"},
      {record(3, 1, 0, bytes("30 81 0a 30 03 06 01 2a 03 03 00 04 05")), no_key,
       "a length that is longer than it must be"},
      {record(3, 1, 0, bytes("30 84 00 00 00 0a 30 03 06 01 2a 03 03 00 04 05")), no_key,
       "a length of four bytes"},
      {record(3, 1, 0, bytes("30 0a 30 03 02 01 2a 03 03 00 04 05")), no_key,
       "an algorithm that is no OID"},
      {record(3, 1, 0, bytes("30 07 30 03 06 01 2a 03 00")), no_key, "an empty key"},
      {record(3, 0, 0, bytes("30 0a 30 00 30 03 06 01 2a 03 01 00")), no_certificate,
       "nothing that was signed"},
  });
}

TEST_CASE("trap 56: of the digests for one usage and selector the strongest (RFC 7671 section 9)") {
  const TlsaRecord weak = record(3, 1, 1, digest(32));
  const TlsaRecord strong = record(3, 1, 2, digest(64));
  const TlsaRecord whole = record(3, 1, 0, public_key_der());
  const TlsaRecord other_selector = record(3, 0, 1, digest(32));
  const TlsaRecord other_usage = record(2, 1, 1, digest(32));
  const TlsaRecord broken_strong = record(3, 1, 2, digest(32));
  const TlsaRecord pkix_strong = record(1, 1, 2, digest(64));
  using Records = std::vector<TlsaRecord>;
  struct Row {
    Records in;
    Records out;
    const char* why;
  };
  const Row rows[] = {
      {{}, {}, "nothing"},
      {{weak}, {weak}, "alone"},
      {{weak, strong}, {strong}, "the stronger one"},
      {{strong, weak, strong}, {strong, strong}, "all of the stronger one, in their order"},
      {{weak, whole}, {weak, whole}, "matching type 0 is beside them"},
      {{weak, strong, whole}, {strong, whole}, "matching type 0 always stays"},
      {{other_selector, strong}, {other_selector, strong}, "another selector is a set of its own"},
      {{other_usage, strong}, {other_usage, strong}, "another usage too"},
      {{weak, broken_strong}, {weak}, "an unusable digest displaces none"},
      {{pkix_strong, weak}, {weak}, "nor does an unusable usage"},
      {{broken_strong}, {}, "all unusable: nothing to match"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(tlsa_to_match(row.in) == row.out);
  }
}

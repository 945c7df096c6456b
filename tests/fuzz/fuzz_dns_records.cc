// SPDX-License-Identifier: MIT
/// libFuzzer: RDATA of every type that the delivery path reads, TLSA too.
#include "policy/tlsa_record.h"
#include "smtp/dns_records.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tlspact;

void fuzz_tlsa(std::string_view bytes) {
  std::vector<TlsaRecord> records;
  for (std::size_t from : {std::size_t{0}, bytes.size() / 2}) {
    if (const auto record = TlsaRecord::parse(bytes.substr(from))) records.push_back(*record);
  }
  for (const TlsaRecord& record : records)
    expect_printable(record.text());
  for (const TlsaRecord& record : tlsa_to_match(records)) {
    if (tlsa_usability(record) != TlsaUsability::usable) __builtin_trap();
  }
}

}  // namespace

void tlspact::fuzz(std::string_view bytes) {
  fuzz_tlsa(bytes);
  if (const auto name = parse_dns_name(bytes)) expect_printable(*name);
  if (const auto record = MxRecord::parse(bytes)) expect_printable(record->exchange);
  if (const auto address = parse_address(bytes)) expect_printable(address->to_string());
}

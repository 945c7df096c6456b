// SPDX-License-Identifier: MIT
/// libFuzzer: the kept DANE state of a domain; what was read is written, goes on, and is read
/// again.
#include "policy/dane_memory.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tlspact;

void expect_to_be_read(const DaneMemory& memory) {
  if (decode_dane_memory(encode_dane_memory(memory)) != memory) __builtin_trap();
}

}  // namespace

void tlspact::fuzz(std::string_view bytes) {
  const auto memory = decode_dane_memory(bytes);
  if (!memory) return;
  if (encode_dane_memory(*memory) != bytes) __builtin_trap();
  expect_printable(memory->reason);

  const Time now{std::chrono::days{20'000}};
  DaneObservation failing;
  for (const HostMemory& each : memory->hosts)
    failing.hosts.push_back({.host = each.host, .dane = HostDane::failed});
  for (const MxSource source : {MxSource::failed, MxSource::records, MxSource::null_mx}) {
    failing.mx = source;
    expect_to_be_read(remember(*memory, failing, std::chrono::hours{72}, now));
  }
  if (facts(*memory, now).last_good == DaneState::unknown) __builtin_trap();
}

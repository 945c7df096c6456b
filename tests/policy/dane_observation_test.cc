// SPDX-License-Identifier: MIT
/// From what one look saw to the state of the domain: the table of docs/decision.md.
#include "policy/dane_observation.h"

#include "tests/support/catch.h"
#include "tests/support/dane.h"

using namespace tlspact;
using namespace tlspact::test;

namespace {

constexpr auto kUsable = HostDane::usable;
constexpr auto kUnusable = HostDane::unusable;
constexpr auto kNone = HostDane::none;
constexpr auto kFailed = HostDane::failed;

struct Row {
  DaneObservation seen;
  DaneState state;
  const char* why;
};

void check_all(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(dane_state_name(dane_state(row.seen)) == dane_state_name(row.state));
  }
}

DaneObservation incomplete(DaneObservation observation) {
  observation.complete = false;
  return observation;
}

DaneObservation from(MxSource source, bool secure, std::vector<HostLook> hosts) {
  DaneObservation out = seen(std::move(hosts));
  out.mx = source;
  out.mx_secure = secure;
  return out;
}

}  // namespace

TEST_CASE("traps 45 and 58: full needs a secure MX RRset and every host (RFC 7672 section 2.2.1)") {
  check_all({
      {seen({host("mx1", kUsable)}), DaneState::full, "one host"},
      {seen({host("mx1", kUsable), host("mx2", kUsable)}), DaneState::full, "both hosts"},
      {seen_insecure({host("mx1", kUsable)}), DaneState::some, "MX insecure: never full"},
      {seen({host("mx1", kUsable), host("mx2", kNone)}), DaneState::some, "one host without"},
      {seen({host("mx1", kUsable), host("mx2", kUnusable)}), DaneState::some, "one host unusable"},
      {seen({host("mx1", kUsable, false)}), DaneState::some,
       "TLSA at an alias whose target is insecure"},
      {seen({host("mx1", kUsable), host("mx2", kFailed)}), DaneState::some,
       "a host that failed is not counted but prevents full"},
      {incomplete(seen({host("mx1", kUsable)})), DaneState::some,
       "a host beyond the tenth, or with a bad name, was not looked at"},
  });
}

TEST_CASE("trap 52: unusable TLSA is TLS required, so the domain has some (RFC 7672 section 2.2)") {
  check_all({
      {seen({host("mx1", kUnusable)}), DaneState::some, "alone"},
      {seen_insecure({host("mx1", kUnusable)}), DaneState::some, "behind an insecure MX RRset"},
      {seen({host("mx1", kUnusable), host("mx2", kNone)}), DaneState::some, "at one host"},
  });
}

TEST_CASE("trap 49: one failing host is never the domain's failure, all of them are") {
  check_all({
      {seen({host("mx1", kFailed), host("mx2", kNone)}), DaneState::none, "not counted"},
      {seen({host("mx1", kFailed), host("mx2", kUnusable)}), DaneState::some, "not counted"},
      {seen({host("mx1", kFailed)}), DaneState::unknown, "all hosts"},
      {seen({host("mx1", kFailed), host("mx2", kFailed)}), DaneState::unknown, "all hosts"},
      {seen_insecure({host("mx1", kFailed)}), DaneState::unknown, "all hosts, MX insecure"},
      {seen_nothing(MxSource::failed, false), DaneState::unknown, "the MX RRset itself"},
  });
}

TEST_CASE(
    "traps 38 and 39: implicit MX, null MX and no MX hosts (RFC 5321 section 5.1, RFC 7505)") {
  check_all({
      {from(MxSource::implicit, true, {host("mx1", kUsable)}), DaneState::full,
       "no MX, securely: the domain is its host (RFC 7672 section 2.2.2)"},
      {from(MxSource::implicit, false, {host("mx1", kUsable)}), DaneState::some,
       "an MX RRset may have been taken away"},
      {from(MxSource::implicit, true, {host("mx1", kNone)}), DaneState::none, "no TLSA"},
      {from(MxSource::implicit, true, {host("mx1", kFailed)}), DaneState::unknown, "it fails"},
      {seen_nothing(MxSource::null_mx, true), DaneState::none, "null MX has no policy"},
      {seen_nothing(MxSource::null_mx, false), DaneState::none, "null MX, insecure"},
      {seen_nothing(MxSource::no_such_domain, true), DaneState::none, "NXDOMAIN"},
      {incomplete(seen({})), DaneState::none, "no MX host has a name"},
  });
}

TEST_CASE("a next-hop in brackets is trusted as configured (RFC 7672 section 2.2.1)") {
  check_all({
      {from(MxSource::configured, true, {host("relay", kUsable)}), DaneState::full, "all it has"},
      {from(MxSource::configured, true, {host("relay", kUsable, false)}), DaneState::some,
       "its addresses are insecure"},
      {from(MxSource::configured, true, {host("relay", kNone)}), DaneState::none, "no TLSA"},
      {from(MxSource::configured, true, {host("relay", kFailed)}), DaneState::unknown, "it fails"},
  });
}

TEST_CASE(
    "trap 44: a host in an attacker's own signed zone behind an unsigned MX answer is not "
    "full (RFC 8461 section 2)") {
  DaneObservation forged = seen_insecure({host("mx1", kUsable)});
  forged.hosts.front().host = "mx.attacker.example";
  CHECK(dane_state(forged) == DaneState::some);
}

// SPDX-License-Identifier: MIT
/// Making what a look at MX hosts saw.
#pragma once

#include "policy/dane_observation.h"
#include "tests/support/policies.h"

namespace tlspact::test {

/// "mx1.acme.example"
inline HostLook host(const std::string& name, HostDane dane, bool addresses_secure = true) {
  return {.host = name + ".acme.example",
          .dane = dane,
          .addresses_secure = addresses_secure,
          .tlsa_base = "",
          .reason = dane == HostDane::failed ? "no answer in time" : ""};
}

/// A secure MX RRset with these hosts; what was seen holds for an hour.
inline DaneObservation seen(std::vector<HostLook> hosts, Time at = now()) {
  return {.mx = MxSource::records,
          .mx_secure = true,
          .complete = true,
          .hosts = std::move(hosts),
          .reason = "",
          .valid_until = at + std::chrono::hours{1}};
}

inline DaneObservation seen_insecure(std::vector<HostLook> hosts, Time at = now()) {
  DaneObservation out = seen(std::move(hosts), at);
  out.mx_secure = false;
  return out;
}

/// A look that ended at the MX question.
inline DaneObservation seen_nothing(MxSource mx, bool secure, Time at = now()) {
  DaneObservation out = seen({}, at);
  out.mx = mx;
  out.mx_secure = secure;
  if (mx == MxSource::failed) out.reason = "SERVFAIL";
  return out;
}

}  // namespace tlspact::test

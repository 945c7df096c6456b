// SPDX-License-Identifier: MIT
#include "policy/dane_observation.h"

#include <algorithm>

namespace tlspact {

std::string_view host_dane_text(HostDane dane) {
  switch (dane) {
    case HostDane::usable:
      return "usable TLSA";
    case HostDane::unusable:
      return "unusable TLSA";
    case HostDane::none:
      return "no TLSA";
    case HostDane::failed:
      return "failed";
  }
  return "";
}

DaneState dane_state(const DaneObservation& observation) {
  if (observation.mx == MxSource::failed) return DaneState::unknown;
  const auto& hosts = observation.hosts;
  if (observation.mx == MxSource::null_mx || observation.mx == MxSource::no_such_domain ||
      hosts.empty())
    return DaneState::none;
  const auto is_failed = [](const HostLook& each) { return each.dane == HostDane::failed; };
  if (std::ranges::all_of(hosts, is_failed)) return DaneState::unknown;
  const auto is_full = [](const HostLook& each) {
    return each.dane == HostDane::usable && each.addresses_secure;
  };
  if (observation.mx_secure && observation.complete && std::ranges::all_of(hosts, is_full))
    return DaneState::full;
  const auto has_tlsa = [](const HostLook& each) {
    return each.dane == HostDane::usable || each.dane == HostDane::unusable;
  };
  return std::ranges::any_of(hosts, has_tlsa) ? DaneState::some : DaneState::none;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/sources/lookup_settings.h"

#include <chrono>

#include "daemon/sources/own_ipv6.h"

namespace tlspact {

DnsOptions dns_options(const Config& config) {
  DnsOptions out;
  out.servers = config.dns.servers;
  out.trust_anchor = config.dane.enabled ? config.dns.trust_anchor : "";
  return out;
}

DnsOptions source_dns_options(const Config& config) {
  constexpr std::chrono::seconds kDeadline{5};
  DnsOptions out = dns_options(config);
  out.deadline = kDeadline;
  return out;
}

StsFetchOptions sts_fetch_options(const Config& config) {
  StsFetchOptions out;
  out.port = static_cast<std::uint16_t>(config.mta_sts.port);
  out.timeout = config.mta_sts.timeout;
  out.private_addresses = config.mta_sts.private_addresses;
  out.ca_file = config.tls.ca_file;
  out.has_ipv6 = &machine_has_ipv6;
  return out;
}

}  // namespace tlspact

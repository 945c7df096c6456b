// SPDX-License-Identifier: MIT
#include "daemon/sources/own_ipv6.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <memory>

namespace tlspact {

bool machine_has_ipv6() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return true;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner{list, &freeifaddrs};
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6) continue;
    const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
    if (!IN6_IS_ADDR_LOOPBACK(&address) && !IN6_IS_ADDR_LINKLOCAL(&address)) return true;
  }
  return false;
}

}  // namespace tlspact

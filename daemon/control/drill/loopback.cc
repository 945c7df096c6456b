// SPDX-License-Identifier: MIT
#include "daemon/control/drill/loopback.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "daemon/control/drill/drill_world.h"

namespace tlspact {
namespace {

ifreq request_for(std::string_view interface) {
  ifreq out{};
  std::ranges::copy(interface, std::begin(out.ifr_name));
  return out;
}

in_addr address_of(const std::array<std::uint8_t, 4>& bytes) {
  in_addr out{};
  std::memcpy(&out, bytes.data(), bytes.size());
  return out;
}

ifreq address_request(const std::string& interface, in_addr address) {
  ifreq out = request_for(interface);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr = address;
  std::memcpy(&out.ifr_addr, &in, sizeof in);
  return out;
}

bool give_address(int fd, const std::string& interface, in_addr address, in_addr mask) {
  ifreq own = address_request(interface, address);
  ifreq width = address_request(interface, mask);
  return ::ioctl(fd, SIOCSIFADDR, &own) == 0 && ::ioctl(fd, SIOCSIFNETMASK, &width) == 0;
}

bool configure(int fd, const std::vector<in_addr>& own) {
  ifreq up = request_for("lo");
  up.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  if (::ioctl(fd, SIOCSIFFLAGS, &up) != 0) return false;
  std::array<std::uint8_t, 4> host = kDrillNetwork;
  host[3] = kDrillOwnHost;
  if (!give_address(fd, "lo:0", address_of(host), address_of({255, 255, 255, 0}))) return false;
  int number = 0;
  for (const in_addr each : own) {
    const std::string interface = "lo:" + std::to_string(++number);
    if (!give_address(fd, interface, each, address_of({255, 255, 255, 255}))) return false;
  }
  return true;
}

}  // namespace

std::vector<in_addr> own_addresses() {
  std::vector<in_addr> out;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return out;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in in{};
    std::memcpy(&in, each->ifa_addr, sizeof in);
    constexpr std::uint32_t kLoopback = 127;
    if (ntohl(in.sin_addr.s_addr) >> 24U != kLoopback) out.push_back(in.sin_addr);
  }
  ::freeifaddrs(all);
  return out;
}

Result<void> bring_loopback_up(const std::vector<in_addr>& own) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool done = fd >= 0 && configure(fd, own);
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!done) return fail(Errc::unavailable, "the drill's loopback interface: " + why);
  return {};
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/drill/loopback.h"

#include <net/if.h>
#include <netinet/in.h>
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

ifreq address_request(const std::array<std::uint8_t, 4>& address) {
  ifreq out = request_for("lo:1");
  sockaddr_in in{};
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, address.data(), address.size());
  std::memcpy(&out.ifr_addr, &in, sizeof in);
  return out;
}

bool configure(int fd) {
  ifreq up = request_for("lo");
  up.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  std::array<std::uint8_t, 4> own = kDrillNetwork;
  own[3] = kDrillOwnHost;
  ifreq address = address_request(own);
  ifreq mask = address_request({255, 255, 255, 0});
  return ::ioctl(fd, SIOCSIFFLAGS, &up) == 0 && ::ioctl(fd, SIOCSIFADDR, &address) == 0 &&
         ::ioctl(fd, SIOCSIFNETMASK, &mask) == 0;
}

}  // namespace

Result<void> bring_loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool done = fd >= 0 && configure(fd);
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!done) return fail(Errc::unavailable, "the drill's loopback interface: " + why);
  return {};
}

}  // namespace tlspact

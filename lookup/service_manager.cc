// SPDX-License-Identifier: MIT
#include "lookup/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lookup/unique_fd.h"

namespace tlspact {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// 0: not a number.
std::uint64_t number_in(const char* name) {
  const std::string_view text = variable(name);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

void notify_service_manager(std::string_view state) {
  const std::string_view path = variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  if (path.front() == '@') address.sun_path[0] = '\0';
  const UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!fd) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
}

std::chrono::milliseconds watchdog_interval() {
  const std::uint64_t for_process = number_in("WATCHDOG_PID");
  if (for_process != 0 && for_process != static_cast<std::uint64_t>(::getpid())) return {};
  const std::chrono::microseconds limit{number_in("WATCHDOG_USEC")};
  return std::chrono::duration_cast<std::chrono::milliseconds>(limit / 2);
}

std::vector<PassedSocket> take_passed_sockets() {
  constexpr int kFirst = 3;
  constexpr std::uint64_t kMost = 64;
  std::vector<PassedSocket> out;
  const std::uint64_t count = number_in("LISTEN_FDS");
  if (number_in("LISTEN_PID") == static_cast<std::uint64_t>(::getpid()) && count <= kMost) {
    std::string_view names = variable("LISTEN_FDNAMES");
    for (int fd = kFirst; fd < kFirst + static_cast<int>(count); ++fd) {
      const std::size_t end = std::min(names.find(':'), names.size());
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      out.push_back({fd, std::string{names.substr(0, end)}});
      names.remove_prefix(std::min(end + 1, names.size()));
    }
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(name);
  return out;
}

}  // namespace tlspact

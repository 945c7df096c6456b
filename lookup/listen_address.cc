// SPDX-License-Identifier: MIT
#include "lookup/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace tlspact {
namespace {

std::unexpected<Error> no_address(std::string_view text) {
  return fail(Errc::usage, "\"" + std::string{text} +
                               "\" is no address: write inet:127.0.0.1:8642, inet:[::1]:8642 or "
                               "unix:/path");
}

template <class Sockaddr>
ListenAddress address_of(const Sockaddr& from) {
  ListenAddress out;
  std::memcpy(&out.storage, &from, sizeof from);
  out.size = sizeof from;
  return out;
}

/// "127.0.0.1:8642", "[::1]:8642".
std::optional<ListenAddress> parse_inet(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const char* const end = port_text.data() + port_text.size();
  const auto [rest, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  std::string host{text.substr(0, colon)};
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 six{.sin6_family = AF_INET6, .sin6_port = htons(port)};
    host = host.substr(1, host.size() - 2);
    if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return std::nullopt;
    return address_of(six);
  }
  sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port)};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return std::nullopt;
  return address_of(four);
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  constexpr std::string_view kInet = "inet:";
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return of_path(std::string{text.substr(kUnix.size())});
  if (!text.starts_with(kInet)) return no_address(text);
  const auto address = parse_inet(text.substr(kInet.size()));
  if (!address) return no_address(text);
  return *address;
}

Result<ListenAddress> ListenAddress::of_path(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  if (!path.starts_with('/') || path.size() >= sizeof address.sun_path) return no_address(path);
  std::ranges::copy(path, address.sun_path);
  ListenAddress out = address_of(address);
  out.path = path;
  return out;
}

std::string inet_text(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
    return "inet:[" + std::string{host} + "]:" + std::to_string(ntohs(six.sin6_port));
  }
  const auto& four = reinterpret_cast<const sockaddr_in&>(address);
  ::inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
  return "inet:" + std::string{host} + ":" + std::to_string(ntohs(four.sin_port));
}

}  // namespace tlspact

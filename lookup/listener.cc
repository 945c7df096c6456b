// SPDX-License-Identifier: MIT
#include "lookup/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr int kBacklog = 1024;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

std::unexpected<Error> no_address(std::string_view text) {
  return fail(Errc::usage, "\"" + std::string{text} +
                               "\" is no address: write inet:127.0.0.1:8642, inet:[::1]:8642 or "
                               "unix:/path");
}

std::unexpected<Error> cannot_listen(std::string_view text) {
  return fail(Errc::io, std::string{text} + ": cannot listen there: " + std::strerror(errno));
}

template <class Sockaddr>
Address address_of(const Sockaddr& from) {
  Address out;
  std::memcpy(&out.storage, &from, sizeof from);
  out.size = sizeof from;
  return out;
}

/// "127.0.0.1:8642", "[::1]:8642".
std::optional<Address> parse_inet(std::string_view text) {
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

std::optional<Address> unix_address(const std::string& path) {
  sockaddr_un out{.sun_family = AF_UNIX};
  if (!path.starts_with('/') || path.size() >= sizeof out.sun_path) return std::nullopt;
  std::ranges::copy(path, out.sun_path);
  return address_of(out);
}

UniqueFd stream_socket(int family) {
  return UniqueFd{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

bool bind_and_listen(int fd, const Address& address) {
  return ::bind(fd, address.get(), address.size) == 0 && ::listen(fd, kBacklog) == 0;
}

bool somebody_listens(const Address& address) {
  const UniqueFd fd = stream_socket(AF_UNIX);
  return ::connect(fd.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

Result<UniqueFd> listen_inet(std::string_view text, std::string_view where) {
  const auto address = parse_inet(where);
  if (!address) return no_address(text);
  UniqueFd fd = stream_socket(address->family());
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  if (!fd || !bind_and_listen(fd.get(), *address)) return cannot_listen(text);
  return fd;
}

Result<UniqueFd> listen_unix(std::string_view text, const std::string& path) {
  constexpr mode_t kEverybody = 0666;
  const std::string fresh = path + "." + std::to_string(::getpid());
  const auto address = unix_address(path);
  const auto fresh_address = unix_address(fresh);
  if (!address || !fresh_address) return no_address(text);
  if (somebody_listens(*address))
    return fail(Errc::io, std::string{text} + ": another process listens there");
  UniqueFd fd = stream_socket(AF_UNIX);
  ::unlink(fresh.c_str());
  if (fd && bind_and_listen(fd.get(), *fresh_address) && ::chmod(fresh.c_str(), kEverybody) == 0 &&
      ::rename(fresh.c_str(), path.c_str()) == 0)
    return fd;
  auto error = cannot_listen(text);
  ::unlink(fresh.c_str());
  return error;
}

std::string text_of(const sockaddr_storage& address) {
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

}  // namespace

Result<Listener> Listener::open(Protocol protocol, std::string_view text) {
  constexpr std::string_view kInet = "inet:";
  constexpr std::string_view kUnix = "unix:";
  const bool is_unix = text.starts_with(kUnix);
  if (!is_unix && !text.starts_with(kInet)) return no_address(text);
  const std::string where{text.substr(kInet.size())};
  static_assert(kInet.size() == kUnix.size());
  auto fd = is_unix ? listen_unix(text, where) : listen_inet(text, where);
  if (!fd) return std::unexpected(fd.error());
  Listener out{protocol, *std::move(fd)};
  struct stat there{};
  if (is_unix && ::lstat(where.c_str(), &there) == 0) {
    out.path_ = where;
    out.inode_ = there.st_ino;
  }
  return out;
}

Result<Listener> Listener::passed(Protocol protocol, int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
    return fail(Errc::io, "a passed socket (LISTEN_FDS) does not listen");
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  return Listener{protocol, UniqueFd{fd}};
}

Listener::~Listener() {
  if (!fd_ || path_.empty()) return;
  struct stat there{};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_) ::unlink(path_.c_str());
}

std::string Listener::address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  if (address.ss_family != AF_UNIX) return text_of(address);
  return "unix:" + (path_.empty() ? std::string{"(passed)"} : path_.string());
}

}  // namespace tlspact

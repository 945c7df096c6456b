// SPDX-License-Identifier: MIT
#include "lookup/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "lookup/listen_address.h"

namespace tlspact {
namespace {

constexpr int kBacklog = 1024;

std::unexpected<Error> cannot_listen(std::string_view text) {
  const int why = errno;
  const char* remedy = "";
  if (why == ENOENT) remedy = "; make the directory of it first";
  if (why == EACCES) remedy = "; give that directory to the user that this runs as";
  return fail(Errc::io,
              std::string{text} + ": cannot listen there: " + std::strerror(why) + remedy);
}

UniqueFd stream_socket(int family) {
  return UniqueFd{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

bool bind_and_listen(int fd, const ListenAddress& address) {
  return ::bind(fd, address.get(), address.size) == 0 && ::listen(fd, kBacklog) == 0;
}

bool somebody_listens(const ListenAddress& address) {
  const UniqueFd fd = stream_socket(AF_UNIX);
  return ::connect(fd.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

Result<UniqueFd> listen_inet(const ListenAddress& address, std::string_view text) {
  UniqueFd fd = stream_socket(address.family());
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  if (!fd || !bind_and_listen(fd.get(), address)) return cannot_listen(text);
  return fd;
}

/// Made beside its path and put there whole, with its mode.
Result<UniqueFd> listen_unix(const ListenAddress& address, std::string_view text) {
  constexpr mode_t kEverybody = 0666;
  const std::string fresh = address.path + "." + std::to_string(::getpid());
  const auto fresh_address = ListenAddress::of_path(fresh);
  if (!fresh_address) return std::unexpected(fresh_address.error());
  if (somebody_listens(address))
    return fail(Errc::io, std::string{text} + ": another process listens there");
  UniqueFd fd = stream_socket(AF_UNIX);
  ::unlink(fresh.c_str());
  if (fd && bind_and_listen(fd.get(), *fresh_address) && ::chmod(fresh.c_str(), kEverybody) == 0 &&
      ::rename(fresh.c_str(), address.path.c_str()) == 0)
    return fd;
  auto error = cannot_listen(text);
  ::unlink(fresh.c_str());
  return error;
}

}  // namespace

Result<Listener> Listener::open(Protocol protocol, std::string_view text) {
  const auto address = ListenAddress::parse(text);
  if (!address) return std::unexpected(address.error());
  auto fd = address->path.empty() ? listen_inet(*address, text) : listen_unix(*address, text);
  if (!fd) return std::unexpected(fd.error());
  Listener out{protocol, *std::move(fd)};
  struct stat there{};
  if (!address->path.empty() && ::lstat(address->path.c_str(), &there) == 0) {
    out.path_ = address->path;
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
  if (address.ss_family != AF_UNIX) return inet_text(address);
  return "unix:" + (path_.empty() ? std::string{"(passed)"} : path_.string());
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/control/postfix_reload.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

/// A Postfix that does not run needs no reload: it will read the new files when it starts.
Result<void> run_reload() {
  const auto running = run_command(
      {.argv = {"postfix", "status"}, .input = {}, .deadline = std::chrono::seconds{60}});
  if (!running) return std::unexpected(running.error());
  if (running->exit_code != 0) return {};
  const auto output = run_command(
      {.argv = {"postfix", "reload"}, .input = {}, .deadline = std::chrono::seconds{60}});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0)
    return fail(Errc::io, "postfix reload failed: " + first_line(*output));
  return {};
}

/// The child: one reload for each byte, answered by the error's text and a NUL.
[[noreturn]] void serve(int socket) {
  char request = 0;
  while (::recv(socket, &request, 1, 0) == 1) {
    const auto done = run_reload();
    const std::string answer = done ? std::string{} : done.error().text;
    if (::send(socket, answer.c_str(), answer.size() + 1, MSG_NOSIGNAL) < 0) break;
  }
  ::_exit(0);
}

}  // namespace

Result<PostfixReloader> PostfixReloader::prepare() {
  if (::geteuid() != 0) return PostfixReloader{-1, -1};
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return fail(Errc::io, std::string{"socketpair: "} + std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) return fail(Errc::io, std::string{"fork: "} + std::strerror(errno));
  if (child == 0) {
    ::close(sockets[0]);
    serve(sockets[1]);
  }
  ::close(sockets[1]);
  return PostfixReloader{sockets[0], child};
}

PostfixReloader::PostfixReloader(PostfixReloader&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), child_(std::exchange(other.child_, -1)) {}

PostfixReloader::~PostfixReloader() {
  if (socket_ >= 0) ::close(socket_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
}

Result<void> PostfixReloader::reload() {
  if (socket_ < 0) return run_reload();
  const char request = 'r';
  std::array<char, 1024> answer{};
  if (::send(socket_, &request, 1, MSG_NOSIGNAL) != 1 ||
      ::recv(socket_, answer.data(), answer.size() - 1, 0) <= 0)
    return fail(Errc::io, "postfix reload: the process that would do it is gone");
  if (answer[0] != '\0') return fail(Errc::io, answer.data());
  return {};
}

}  // namespace tlspact

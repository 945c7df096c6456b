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

using Outcome = PostfixReloader::Outcome;

Result<CommandOutput> postfix(const char* command, std::chrono::milliseconds deadline) {
  auto output = run_command({.argv = {"postfix", command}, .input = {}, .deadline = deadline});
  if (!output)
    return fail(Errc::io, output.error().text + " (postfix " + command +
                              "); see that it works when you say it, then run again");
  return output;
}

Result<Outcome> run_reload(std::chrono::milliseconds deadline) {
  const auto running = postfix("status", deadline);
  if (!running) return std::unexpected(running.error());
  if (running->exit_code != 0) return ::geteuid() == 0 ? Outcome::done : Outcome::not_permitted;
  const auto output = postfix("reload", deadline);
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0)
    return fail(Errc::io, "postfix reload failed: " + first_line(*output) +
                              "; see that it works when you say it, then run again");
  return Outcome::done;
}

/// The child: one reload for each byte, answered by the error's text and a NUL.
[[noreturn]] void serve(int socket, std::chrono::milliseconds deadline) {
  char request = 0;
  while (::recv(socket, &request, 1, 0) == 1) {
    const auto done = run_reload(deadline);
    const std::string answer = done ? std::string{} : done.error().text;
    if (::send(socket, answer.c_str(), answer.size() + 1, MSG_NOSIGNAL) < 0) break;
  }
  ::_exit(0);
}

}  // namespace

Result<PostfixReloader> PostfixReloader::prepare(std::chrono::milliseconds deadline) {
  if (::geteuid() != 0) return PostfixReloader{-1, -1, deadline};
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return fail(Errc::io, std::string{"socketpair: "} + std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) return fail(Errc::io, std::string{"fork: "} + std::strerror(errno));
  if (child == 0) {
    ::close(sockets[0]);
    serve(sockets[1], deadline);
  }
  ::close(sockets[1]);
  return PostfixReloader{sockets[0], child, deadline};
}

PostfixReloader::PostfixReloader(PostfixReloader&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      child_(std::exchange(other.child_, -1)),
      deadline_(other.deadline_) {}

PostfixReloader::~PostfixReloader() {
  if (socket_ >= 0) ::close(socket_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
}

Result<PostfixReloader::Outcome> PostfixReloader::reload() {
  if (socket_ < 0) return run_reload(deadline_);
  const char request = 'r';
  std::array<char, 1024> answer{};
  if (::send(socket_, &request, 1, MSG_NOSIGNAL) != 1 ||
      ::recv(socket_, answer.data(), answer.size() - 1, 0) <= 0)
    return fail(Errc::io, "postfix reload: the process that would do it is gone");
  if (answer[0] != '\0') return fail(Errc::io, answer.data());
  return Outcome::done;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "lookup/resolve_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace tlspact {
namespace {

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace

std::optional<Resolved> read_resolved(std::string_view line) {
  if (take_word(line) != "done") return std::nullopt;
  Resolved out{.key = std::string{take_word(line)}, .none_until = {}};
  if (out.key.empty()) return std::nullopt;
  if (line.empty()) return out;
  if (take_word(line) != "none-until") return std::nullopt;
  std::int64_t seconds = 0;
  const char* const end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data(), end, seconds);
  if (error != std::errc{} || rest != end) return std::nullopt;
  out.none_until = Time{Seconds{seconds}};
  return out;
}

std::optional<std::chrono::milliseconds> read_wait(std::string_view line) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::minutes{1};
  if (take_word(line) != "wait") return std::nullopt;
  std::uint32_t count = 0;
  const char* const end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data(), end, count);
  const std::chrono::milliseconds wait{count};
  if (error != std::errc{} || rest != end || wait > kLongest) return std::nullopt;
  return wait;
}

bool ResolveClient::ask(std::string_view key, SteadyTime now) {
  constexpr std::size_t kMostPending = 1U << 20;
  if (!fd_ && !connect(now)) return false;
  if (pending_.size() > kMostPending) return false;
  pending_ += "resolve ";
  pending_ += key;
  pending_ += '\n';
  if (is_blocked_ || send_pending()) return true;
  // A daemon that went away while nothing was asked is told from one that is not there.
  close();
  if (!connect(now)) return false;
  pending_ = "resolve " + std::string{key} + "\n";
  if (send_pending()) return true;
  close();
  return false;
}

bool ResolveClient::connect(SteadyTime now) {
  constexpr std::chrono::milliseconds kFirstPause{100};
  constexpr std::chrono::milliseconds kLongestPause{5000};
  sockaddr_un address{.sun_family = AF_UNIX};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path || now < not_before_)
    return false;
  std::ranges::copy(socket_, address.sun_path);
  fd_ = UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (fd_ &&
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      poller_.add(fd_.get(), EPOLLIN, tag_)) {
    pause_ = {};
    return true;
  }
  fd_.reset();
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  not_before_ = now + pause_;
  return false;
}

bool ResolveClient::send_pending() {
  const ssize_t sent =
      ::send(fd_.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
  pending_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  if (is_blocked_ != !pending_.empty()) {
    is_blocked_ = !pending_.empty();
    poller_.change(fd_.get(), is_blocked_ ? EPOLLIN | EPOLLOUT : EPOLLIN, tag_);
  }
  return true;
}

bool ResolveClient::on_events(DaemonSaid& out) {
  if (!fd_) return true;  // closed since the events were collected
  if (receive(out) && (!is_blocked_ || send_pending())) return true;
  close();
  return false;
}

bool ResolveClient::receive(DaemonSaid& out) {
  constexpr std::size_t kLongestLine = 1024;
  std::array<char, 16384> buffer;
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t begin = 0;
  for (std::size_t end = received_.find('\n'); end != std::string::npos;
       end = received_.find('\n', begin)) {
    const auto line = std::string_view{received_}.substr(begin, end - begin);
    if (auto resolved = read_resolved(line)) out.resolved.push_back(*std::move(resolved));
    if (const auto wait = read_wait(line)) out.wait = wait;
    begin = end + 1;
  }
  received_.erase(0, begin);
  return received_.size() <= kLongestLine;
}

void ResolveClient::close() {
  fd_.reset();
  is_blocked_ = false;
  pending_.clear();
  received_.clear();
}

}  // namespace tlspact

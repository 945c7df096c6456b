// SPDX-License-Identifier: MIT
// What a Server does with its connections.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "lookup/log.h"
#include "lookup/server.h"

namespace tlspact {
namespace {

constexpr std::size_t kReadAtOnce = 16384;

constexpr std::size_t kRepliesAtOnce = 64UL << 10;
constexpr std::size_t kMostUnsent = 4UL << 20;  ///< over all connections

}  // namespace

void Server::set_state(Connection& connection, State state) {
  connection.state = state;
  connection.since = now_;
  std::uint32_t events = kWatchInput;
  if (state == State::blocked) events = kWatchRoom;
  if (state == State::waiting) events = kWatchNothing;
  if (events != connection.watched) watch(connection, events);
}

/// What has happened meanwhile is told again.
void Server::watch(Connection& connection, std::uint32_t events) {
  connection.watched = events;
  poller_.change(connection.fd.get(), events, tag_of(connection));
}

void Server::on_connection(std::uint32_t number, std::uint32_t events) {
  Connection& connection = connections_[number & kPlaceMask];
  // Closed since the events were collected, and perhaps another's by now.
  if (!connection.fd || tag_of(connection) != connection_tag(number)) return;
  if (connection.state == State::blocked && (events & EPOLLOUT) != 0) return flush(connection);
  const bool reads = connection.state != State::waiting && connection.state != State::blocked;
  if (reads && (events & EPOLLIN) != 0) return receive(connection, (events & EPOLLRDHUP) != 0);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) close(connection);
}

/// An event is told once, so that what a short read leaves must be known to be nothing: epoll(7)
/// says so of a stream. (Who sends urgent data, or descriptors, makes reads short and waits for
/// itself.)
void Server::receive(Connection& connection, bool is_last) {
  constexpr std::size_t kTogether = 64UL << 10;
  if (arrived_size_ + kReadAtOnce > kTogether) serve_arrived();
  if (arrived_bytes_.empty()) arrived_bytes_.resize(kTogether);
  char* const buffer = arrived_bytes_.data() + arrived_size_;
  const ssize_t got = ::recv(connection.fd.get(), buffer, kReadAtOnce, MSG_DONTWAIT);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) return close(connection);
    return watch(connection, connection.watched);
  }
  const std::string_view bytes{buffer, static_cast<std::size_t>(got)};
  const bool is_all = bytes.size() < kReadAtOnce;
  connection.at_end = bytes.empty() || (is_last && is_all);
  if (!is_all) watch(connection, connection.watched);
  arrived_size_ += bytes.size();
  arrived_.push_back({static_cast<std::uint32_t>(tag_of(connection)), bytes});
  if (connection.in.empty()) look_ahead(connection.protocol, bytes);
}

void Server::look_ahead(Protocol protocol, std::string_view input) {
  const MappedSnapshot* const snapshot = answerer_.snapshot();
  if (snapshot == nullptr) return;
  const bool lines = protocol == Protocol::readsocket;
  const Frame frame = lines ? first_line(input, false) : first_netstring(input);
  if (frame.state != Frame::State::complete) return;
  const MapRequest request =
      lines ? MapRequest{.good = true, .map = {}, .key = read_line_request(frame.request)}
            : read_map_request(frame.request);
  const QueryKey key{request.key};
  if (!request.good || key.kind() == QueryKey::Kind::junk) return;
  ahead_.push_back(snapshot->look_ahead(key.text()));
}

/// A step for all of them, then the next: while one's memory comes, the others are seen to.
void Server::finish_looking_ahead() {
  using Ahead = MappedSnapshot::Ahead;
  if (const MappedSnapshot* const snapshot = answerer_.snapshot()) {
    const auto keep_if = [&](auto step) {
      auto kept = ahead_.begin();
      for (Ahead& each : ahead_)
        if (step(each)) *kept++ = each;
      ahead_.erase(kept, ahead_.end());
    };
    keep_if([&](Ahead& each) { return snapshot->look_ahead_entry(each); });
    keep_if([&](Ahead& each) { return snapshot->look_ahead_key(each); });
    for (const Ahead& each : ahead_)
      snapshot->look_ahead_ruling(each);
  }
  ahead_.clear();
}

void Server::serve_arrived() {
  finish_looking_ahead();
  for (const Arrived& each : arrived_) {
    Connection& connection = connections_[each.connection & kPlaceMask];
    if (!connection.fd || tag_of(connection) != connection_tag(each.connection)) continue;
    out_.clear();
    if (connection.in.empty()) {
      serve(connection, each.bytes);
    } else {
      const std::string all = std::exchange(connection.in, {}).append(each.bytes);
      serve(connection, all);
    }
  }
  arrived_.clear();
  arrived_size_ = 0;
}

/// All requests in `input`, the replies in as few writes as can be, behind what is in out_ already.
void Server::serve(Connection& connection, std::string_view input) {
  Next next = Next::go_on;
  bool has_begun = connection.state == State::partial;
  while (true) {
    while (next == Next::go_on && out_.size() < kRepliesAtOnce) {
      next = serve_one(connection, input);
      if (next == Next::go_on) has_begun = false;
    }
    const Sent sent = send_replies(connection);
    if (sent == Sent::closed) return;
    if (sent == Sent::all && next == Next::go_on) continue;
    connection.in = input;
    if (sent == Sent::blocked) return set_state(connection, State::blocked);
    break;
  }
  if (next == Next::wait) return set_state(connection, State::waiting);
  if (connection.is_ending) return end(connection);
  if (input.empty()) return set_state(connection, State::idle);
  if (!has_begun) set_state(connection, State::partial);  // else its time runs already
}

/// Takes the first request off `input` and puts the reply into out_.
Server::Next Server::serve_one(Connection& connection, std::string_view& input) {
  if (connection.is_ending) return Next::stop;
  const bool lines = connection.protocol == Protocol::readsocket;
  const Frame frame = lines ? first_line(input, connection.at_end) : first_netstring(input);
  switch (frame.state) {
    case Frame::State::complete:
      input.remove_prefix(frame.size);
      return lines ? answer_line(connection, frame.request) : answer_map(connection, frame.request);
    case Frame::State::incomplete:
      connection.is_ending = connection.at_end;
      return Next::stop;
    case Frame::State::malformed:
      out_ += Answerer::malformed();
      break;
    case Frame::State::too_long:
      break;
  }
  connection.is_ending = true;
  return Next::stop;
}

Server::Next Server::answer_line(Connection& connection, std::string_view line) {
  connection.is_ending = true;  // Exim reads until the end
  return answer_key(connection, LiveTable::exim, read_line_request(line));
}

Server::Next Server::answer_map(Connection& connection, std::string_view text) {
  const MapRequest request = read_map_request(text);
  if (request.good) return answer_key(connection, table_of_map(request.map), request.key);
  out_ += Answerer::malformed();
  return Next::go_on;
}

Server::Next Server::answer_key(Connection& connection, LiveTable table, std::string_view asked) {
  const QueryKey key{asked};
  const LiveAnswer found = answer(table, key);
  if (!found.is_known && wait_for(connection, table, key)) return Next::wait;
  out_ += found.bytes;
  return Next::go_on;
}

LiveAnswer Server::answer(LiveTable table, const QueryKey& key) {
  std::string why = "its entry is damaged";
  try {
    LiveAnswer found = answerer_.answer(table, key, wall_now_);
    if (follower_.has_lost_pages()) found = answerer_.answer(table, key, wall_now_);
    if (!found.is_fault) return found;
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (now_ >= next_fault_line_) {
    constexpr std::chrono::minutes kPause{1};
    next_fault_line_ = now_ + kPause;
    log_line(LogLevel::error, std::string{key.text()} + ": no answer can be given: " + why);
  }
  return Answerer::fault(table);
}

Server::Sent Server::send_replies(Connection& connection) {
  if (out_.empty()) return Sent::all;
  const ssize_t sent =
      ::send(connection.fd.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const bool failed = sent < 0 && errno != EAGAIN && errno != EINTR;
  const auto taken = static_cast<std::size_t>(sent < 0 ? 0 : sent);
  const std::size_t left = out_.size() - taken;
  if (failed || unsent_ + left > kMostUnsent) {
    close(connection);
    return Sent::closed;
  }
  if (left > 0) connection.out.assign(out_, taken);
  unsent_ += left;
  out_.clear();
  return left == 0 ? Sent::all : Sent::blocked;
}

/// What the peer did not take before.
void Server::flush(Connection& connection) {
  std::string& out = connection.out;
  const ssize_t sent =
      ::send(connection.fd.get(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(connection);
  const auto taken = static_cast<std::size_t>(sent < 0 ? 0 : sent);
  out.erase(0, taken);
  unsent_ -= taken;
  if (!out.empty()) return watch(connection, connection.watched);
  std::string{}.swap(out);
  if (!connection.asked_key.empty()) return set_state(connection, State::waiting);
  const std::string rest = std::exchange(connection.in, {});
  connection.state = State::idle;
  out_.clear();
  serve(connection, rest);
}

bool Server::wait_for(Connection& connection, LiveTable table, const QueryKey& key) {
  if (is_stopping_) return false;
  const WaitingRoom::Entry entry = waiting_.enter(key.text(), id_of(connection), now_);
  if (entry == WaitingRoom::Entry::closed) return false;
  if (entry == WaitingRoom::Entry::first && !resolver_.ask(key.text(), now_)) {
    static_cast<void>(waiting_.leave(key.text()));
    return false;
  }
  connection.asked_table = table;
  connection.asked_key = key.text();
  return true;
}

void Server::on_resolved() {
  DaemonSaid said;
  const bool is_alive = resolver_.on_events(said);
  if (said.wait && !options_.wait) waiting_.wait_for(*said.wait);
  if (!said.resolved.empty()) follower_.look(now_);
  for (const Resolved& each : said.resolved) {
    remember(each);
    release(waiting_.leave(each.key));
  }
  if (!is_alive) release(waiting_.empty());
}

/// What has no entry now is not asked for again at once.
void Server::remember(const Resolved& resolved) {
  constexpr std::chrono::hours kLongest{24};
  constexpr std::chrono::minutes kUnsaid{1};
  const QueryKey key{resolved.key};
  if (key.kind() != QueryKey::Kind::next_hop || answer(LiveTable::postfix, key).is_known) return;
  const Time until = resolved.none_until.value_or(wall_now_ + kUnsaid);
  answerer_.remember_none(key.text(), std::min<Time>(until, wall_now_ + kLongest));
}

void Server::release(const std::vector<ConnectionId>& waiting) {
  for (const ConnectionId& each : waiting) {
    Connection& connection = connections_[each.place];
    if (!connection.fd || id_of(connection) != each || connection.asked_key.empty()) continue;
    const QueryKey key{std::exchange(connection.asked_key, {})};
    const std::string_view bytes = answer(connection.asked_table, key).bytes;
    if (connection.state == State::blocked) {
      connection.out += bytes;
      unsent_ += bytes.size();
      continue;
    }
    connection.state = State::idle;
    out_ = bytes;
    const std::string rest = std::exchange(connection.in, {});
    serve(connection, rest);
  }
}

/// Closed in order: what the peer has sent and nobody will read must not cost it the last reply.
void Server::end(Connection& connection) {
  std::array<char, kReadAtOnce> unread;
  ::shutdown(connection.fd.get(), SHUT_WR);
  [[maybe_unused]] const auto got =
      ::recv(connection.fd.get(), unread.data(), unread.size(), MSG_DONTWAIT);
  close(connection);
}

void Server::close(Connection& connection) {
  unsent_ -= connection.out.size();
  const std::uint32_t generation = connection.generation + 1;
  connection = Connection{};
  connection.generation = generation;
  free_places_.push_back(place_of(connection));
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "smtp/session/socket_channel.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "smtp/session/reply.h"
#include "smtp/tls/socket_bio.h"

namespace tlspact {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = ChannelFault::Kind;

namespace {

constexpr std::size_t kReadAhead = 2048;

std::unexpected<ChannelFault> fault(Kind kind, std::string text) {
  return std::unexpected(ChannelFault{kind, std::move(text)});
}

ChannelFault timeout() {
  return {Kind::timeout, "no answer in time"};
}

ChannelFault fault_of(int error) {
  const std::string text = std::generic_category().message(error);
  switch (error) {
    case ETIMEDOUT:
      return {Kind::timeout, text};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return {Kind::unreachable, text};
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case EACCES:
    case EPERM:
      return {Kind::local, text};
    default:
      return {Kind::reset, text};
  }
}

}  // namespace

/// One timer for all steps: it is set anew only for an earlier deadline, and when it fires too
/// early it goes on to the one that holds.
struct SocketChannel::Watch : std::enable_shared_from_this<Watch> {
  explicit Watch(const asio::any_io_executor& executor) : timer(executor) {}

  void hold(Clock::time_point time) {
    deadline = time;
    if (!armed || time < timer.expiry()) arm();
  }
  void arm() {
    armed = true;
    timer.expires_at(deadline);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->fire();
    });
  }
  void fire() {
    armed = false;
    if (socket == nullptr) return;
    if (Clock::now() < deadline) {
      arm();
      return;
    }
    error_code ignored;
    socket->cancel(ignored);
  }

  asio::steady_timer timer;
  Clock::time_point deadline;
  bool armed = false;
  tcp::socket* socket = nullptr;
};

SocketChannel::SocketChannel(const asio::any_io_executor& executor, const TlsClient& tls,
                             std::chrono::milliseconds whole, const Message* message,
                             std::optional<asio::ip::address> from)
    : tls_(tls),
      message_(message),
      from_(std::move(from)),
      socket_(executor),
      begin_(Clock::now()),
      end_(begin_ + whole),
      watch_(std::make_shared<Watch>(executor)) {
  watch_->socket = &socket_;
}

SocketChannel::~SocketChannel() {
  watch_->socket = nullptr;
  watch_->timer.cancel();
}

void SocketChannel::begin_step(std::chrono::milliseconds limit) {
  watch_->hold(std::min(end_, Clock::now() + limit));
}

Micros SocketChannel::elapsed() {
  return std::chrono::duration_cast<Micros>(Clock::now() - begin_);
}

asio::awaitable<ChannelResult<void>> SocketChannel::connect(tcp::endpoint endpoint) {
  error_code error;
  socket_.open(endpoint.protocol(), error);
  if (!error && from_) socket_.bind({*from_, 0}, error);
  if (!error) {
    socket_.set_option(tcp::no_delay{true}, error);
    error = {};
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error) socket_.native_non_blocking(true, error);
  if (!error) co_return ChannelResult<void>{};
  broken_ = true;
  if (Clock::now() >= watch_->deadline) co_return std::unexpected(timeout());
  co_return std::unexpected(fault_of(error.value()));
}

asio::awaitable<ChannelResult<void>> SocketChannel::wait(Io wanted) {
  if (Clock::now() >= watch_->deadline) co_return std::unexpected(timeout());
  error_code error;
  const auto what = wanted == Io::want_read ? tcp::socket::wait_read : tcp::socket::wait_write;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return ChannelResult<void>{};
  if (Clock::now() >= watch_->deadline) co_return std::unexpected(timeout());
  co_return std::unexpected(fault_of(error.value()));
}

SocketChannel::Tried SocketChannel::judge_tls(int result) {
  const int saved = errno;
  Tried tried;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      tried.io = Io::want_read;
      return tried;
    case SSL_ERROR_WANT_WRITE:
      tried.io = Io::want_write;
      return tried;
    case SSL_ERROR_ZERO_RETURN:
      tried.fault = {Kind::closed, "the server ended TLS"};
      return tried;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      tried.fault = saved == 0 ? ChannelFault{Kind::closed, "the server hung up"} : fault_of(saved);
      return tried;
    default:
      break;
  }
  const bool cut_off = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  tried.fault = {cut_off ? Kind::closed : Kind::tls, "TLS: " + take_openssl_error()};
  if (cut_off) tried.fault.text = "the server hung up";
  return tried;
}

SocketChannel::Tried SocketChannel::try_read(char* into, std::size_t size) {
  Tried tried;
  if (ssl_) {
    errno = 0;
    const int result = SSL_read_ex(ssl_.get(), into, size, &tried.bytes);
    if (result != 1) return judge_tls(result);
    tried.io = Io::done;
    return tried;
  }
  const auto got = ::recv(socket_.native_handle(), into, size, 0);
  if (got > 0) {
    tried.io = Io::done;
    tried.bytes = static_cast<std::size_t>(got);
  } else if (got == 0) {
    tried.fault = {Kind::closed, "the server hung up"};
  } else if (errno == EAGAIN || errno == EINTR) {
    tried.io = Io::want_read;
  } else {
    tried.fault = fault_of(errno);
  }
  return tried;
}

SocketChannel::Tried SocketChannel::try_write(const char* from, std::size_t size) {
  Tried tried;
  if (ssl_) {
    errno = 0;
    const int result = SSL_write_ex(ssl_.get(), from, size, &tried.bytes);
    if (result != 1) return judge_tls(result);
    tried.io = Io::done;
    return tried;
  }
  const auto sent = ::send(socket_.native_handle(), from, size, MSG_NOSIGNAL);
  if (sent >= 0) {
    tried.io = Io::done;
    tried.bytes = static_cast<std::size_t>(sent);
  } else if (errno == EAGAIN || errno == EINTR) {
    tried.io = Io::want_write;
  } else {
    tried.fault = fault_of(errno);
  }
  return tried;
}

asio::awaitable<ChannelResult<void>> SocketChannel::fill() {
  input_.erase(0, taken_);
  taken_ = 0;
  const std::size_t before = input_.size();
  while (true) {
    input_.resize(before + kReadAhead);
    Tried tried = try_read(input_.data() + before, kReadAhead);
    input_.resize(before + tried.bytes);
    if (tried.io == Io::done) co_return ChannelResult<void>{};
    if (tried.io == Io::failed) {
      broken_ = true;
      co_return std::unexpected(std::move(tried.fault));
    }
    ChannelResult<void> ready = co_await wait(tried.io);
    if (!ready) {
      broken_ = true;
      co_return ready;
    }
  }
}

std::optional<ChannelResult<std::string>> SocketChannel::next_line() {
  const std::size_t end = input_.find('\n', taken_);
  const std::size_t size = std::min(end, input_.size()) - taken_;
  if (size > kMaxReplyLine) {
    broken_ = true;
    return fault(Kind::garbage, "a line of more than 4096 bytes");
  }
  if (end == std::string::npos) return std::nullopt;
  std::string line = input_.substr(taken_, size);
  if (line.ends_with('\r')) line.pop_back();
  taken_ = end + 1;
  return line;
}

asio::awaitable<ChannelResult<std::string>> SocketChannel::read_line() {
  while (true) {
    if (auto line = next_line()) co_return *std::move(line);
    // A peer that never stops talking must not hold the session beyond its step.
    if (Clock::now() >= watch_->deadline) {
      broken_ = true;
      co_return std::unexpected(timeout());
    }
    const ChannelResult<void> filled = co_await fill();
    if (!filled) co_return std::unexpected(filled.error());
  }
}

asio::awaitable<ChannelResult<void>> SocketChannel::write(std::string bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    Tried tried = try_write(bytes.data() + sent, bytes.size() - sent);
    if (tried.io == Io::done) {
      sent += tried.bytes;
      continue;
    }
    ChannelResult<void> ready;
    if (tried.io == Io::failed) {
      ready = std::unexpected(std::move(tried.fault));
    } else {
      ready = co_await wait(tried.io);
    }
    if (!ready) {
      broken_ = true;
      co_return ready;
    }
  }
  co_return ChannelResult<void>{};
}

asio::awaitable<ChannelResult<void>> SocketChannel::write_message(Framing framing) {
  if (framing == Framing::data) co_return co_await write(message_->stuffed());
  const std::string& text = message_->text();
  co_return co_await write("BDAT " + std::to_string(text.size()) + " LAST\r\n" + text);
}

asio::awaitable<ChannelResult<TlsFacts>> SocketChannel::start_tls(const HostPolicy& policy) {
  ChannelResult<SslPtr> prepared = tls_.prepare(policy);
  if (!prepared) {
    broken_ = true;
    co_return std::unexpected(std::move(prepared.error()));
  }
  ssl_ = *std::move(prepared);
  BIO* const bio = new_socket_bio(socket_.native_handle());
  SSL_set_bio(ssl_.get(), bio, bio);
  input_.clear();
  taken_ = 0;
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return tls_facts(ssl_.get(), policy);
    Tried tried = judge_tls(result);
    ChannelResult<void> ready;
    if (tried.io == Io::failed) {
      ready = std::unexpected(std::move(tried.fault));
    } else {
      ready = co_await wait(tried.io);
    }
    if (ready) continue;
    broken_ = true;
    co_return std::unexpected(std::move(ready.error()));
  }
}

asio::awaitable<void> SocketChannel::close() {
  if (ssl_ && !broken_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ssl_.reset();
  input_ = {};
  error_code ignored;
  socket_.close(ignored);
  watch_->timer.cancel();
  co_return;
}

bool SocketChannel::input_waiting() {
  if (taken_ < input_.size()) return true;
  char byte = 0;
  return !ssl_ && ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace tlspact

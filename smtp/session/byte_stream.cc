// SPDX-License-Identifier: MIT
#include "smtp/session/byte_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "smtp/tls/socket_bio.h"

namespace tlspact {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Kind = ChannelFault::Kind;

namespace {

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
struct ByteStream::Watch : std::enable_shared_from_this<Watch> {
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

ByteStream::ByteStream(const asio::any_io_executor& executor) : ByteStream(tcp::socket{executor}) {}

ByteStream::ByteStream(tcp::socket socket)
    : socket_(std::move(socket)), watch_(std::make_shared<Watch>(socket_.get_executor())) {
  watch_->socket = &socket_;
  error_code ignored;
  if (!socket_.is_open()) return;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay{true}, ignored);
}

ByteStream::~ByteStream() {
  watch_->socket = nullptr;
  watch_->timer.cancel();
}

void ByteStream::set_deadline(Clock::time_point deadline) {
  watch_->hold(deadline);
}

bool ByteStream::late() const {
  return Clock::now() >= watch_->deadline;
}

asio::awaitable<ChannelResult<void>> ByteStream::connect(tcp::endpoint endpoint,
                                                         std::optional<asio::ip::address> from) {
  error_code error;
  socket_.open(endpoint.protocol(), error);
  if (!error && from) socket_.bind({*from, 0}, error);
  if (!error) {
    socket_.set_option(tcp::no_delay{true}, error);
    error = {};
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  }
  if (!error) socket_.native_non_blocking(true, error);
  if (!error) co_return ChannelResult<void>{};
  broken_ = true;
  if (late()) co_return std::unexpected(timeout());
  co_return std::unexpected(fault_of(error.value()));
}

asio::awaitable<ChannelResult<void>> ByteStream::wait(Tried tried) {
  if (tried.io == Io::failed) {
    broken_ = true;
    co_return std::unexpected(std::move(tried.fault));
  }
  error_code error;
  const auto what = tried.io == Io::want_read ? tcp::socket::wait_read : tcp::socket::wait_write;
  if (!late()) co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  if (!error && !late()) co_return ChannelResult<void>{};
  broken_ = true;
  if (late()) co_return std::unexpected(timeout());
  co_return std::unexpected(fault_of(error.value()));
}

ByteStream::Tried ByteStream::judge_tls(int result) {
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

ByteStream::Tried ByteStream::try_read(char* into, std::size_t size) {
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

ByteStream::Tried ByteStream::try_write(const char* from, std::size_t size) {
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

asio::awaitable<ChannelResult<std::size_t>> ByteStream::read_some(char* into, std::size_t size) {
  while (true) {
    Tried tried = try_read(into, size);
    if (tried.io == Io::done) co_return tried.bytes;
    ChannelResult<void> ready = co_await wait(std::move(tried));
    if (!ready) co_return std::unexpected(std::move(ready.error()));
  }
}

asio::awaitable<ChannelResult<void>> ByteStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    Tried tried = try_write(bytes.data(), bytes.size());
    if (tried.io == Io::done) {
      bytes.remove_prefix(tried.bytes);
      continue;
    }
    ChannelResult<void> ready = co_await wait(std::move(tried));
    if (!ready) co_return ready;
  }
  co_return ChannelResult<void>{};
}

asio::awaitable<ChannelResult<void>> ByteStream::shake_hands(SslPtr ssl) {
  ssl_ = std::move(ssl);
  BIO* const bio = new_socket_bio(socket_.native_handle());
  SSL_set_bio(ssl_.get(), bio, bio);
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) co_return ChannelResult<void>{};
    ChannelResult<void> ready = co_await wait(judge_tls(result));
    if (!ready) co_return ready;
  }
}

bool ByteStream::input_waiting() {
  char byte = 0;
  return !ssl_ && ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void ByteStream::close() {
  if (ssl_ && !broken_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  ssl_.reset();
  error_code ignored;
  socket_.close(ignored);
  watch_->timer.cancel();
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "smtp/session/socket_channel.h"

#include <algorithm>
#include <utility>

#include "smtp/session/reply.h"

namespace tlspact {

namespace asio = boost::asio;
using Kind = ChannelFault::Kind;

namespace {

constexpr std::size_t kReadAhead = 2048;

}  // namespace

SocketChannel::SocketChannel(const asio::any_io_executor& executor, const TlsClient& tls,
                             std::chrono::milliseconds whole, const Message* message,
                             std::optional<asio::ip::address> from)
    : tls_(tls),
      message_(message),
      from_(std::move(from)),
      stream_(executor),
      begin_(Clock::now()),
      end_(begin_ + whole) {}

void SocketChannel::begin_step(std::chrono::milliseconds limit) {
  stream_.set_deadline(std::min(end_, Clock::now() + limit));
}

Micros SocketChannel::elapsed() {
  return std::chrono::duration_cast<Micros>(Clock::now() - begin_);
}

asio::awaitable<ChannelResult<void>> SocketChannel::connect(asio::ip::tcp::endpoint endpoint) {
  return stream_.connect(std::move(endpoint), from_);
}

asio::awaitable<ChannelResult<void>> SocketChannel::fill() {
  input_.erase(0, taken_);
  taken_ = 0;
  const std::size_t before = input_.size();
  input_.resize(before + kReadAhead);
  ChannelResult<std::size_t> got = co_await stream_.read_some(input_.data() + before, kReadAhead);
  input_.resize(before + got.value_or(0));
  if (!got) co_return std::unexpected(std::move(got.error()));
  co_return ChannelResult<void>{};
}

std::optional<ChannelResult<std::string>> SocketChannel::next_line() {
  const std::size_t end = input_.find('\n', taken_);
  const std::size_t size = std::min(end, input_.size()) - taken_;
  if (size > kMaxReplyLine)
    return std::unexpected(ChannelFault{Kind::garbage, "a line of more than 4096 bytes"});
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
    if (stream_.late()) co_return std::unexpected(ChannelFault{Kind::timeout, "no answer in time"});
    const ChannelResult<void> filled = co_await fill();
    if (!filled) co_return std::unexpected(filled.error());
  }
}

asio::awaitable<ChannelResult<void>> SocketChannel::write(std::string bytes) {
  co_return co_await stream_.write(bytes);
}

asio::awaitable<ChannelResult<void>> SocketChannel::write_message(Framing framing) {
  if (framing == Framing::data) co_return co_await write(message_->stuffed());
  const std::string& text = message_->text();
  co_return co_await write("BDAT " + std::to_string(text.size()) + " LAST\r\n" + text);
}

asio::awaitable<ChannelResult<TlsFacts>> SocketChannel::start_tls(const HostPolicy& policy) {
  ChannelResult<SslPtr> prepared = tls_.prepare(policy);
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  input_.clear();
  taken_ = 0;
  const ChannelResult<void> shaken = co_await stream_.shake_hands(*std::move(prepared));
  if (!shaken) co_return std::unexpected(shaken.error());
  co_return tls_facts(stream_.ssl(), policy);
}

asio::awaitable<void> SocketChannel::close() {
  stream_.close();
  input_ = {};
  co_return;
}

bool SocketChannel::input_waiting() {
  return taken_ < input_.size() || stream_.input_waiting();
}

}  // namespace tlspact

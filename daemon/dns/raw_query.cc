// SPDX-License-Identifier: MIT
#include "daemon/dns/raw_query.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <random>
#include <vector>

#include "daemon/dns/resolv_conf.h"

namespace tlspact {

namespace {

namespace asio = boost::asio;
using Bytes = std::vector<std::uint8_t>;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxMessage = 65535;

Bytes question(const RawQuery& query) {
  std::random_device random;
  const auto id = static_cast<std::uint16_t>(random());
  const auto high = [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); };
  const auto low = [](std::uint16_t value) { return static_cast<std::uint8_t>(value); };
  constexpr std::uint8_t kRecursionDesired = 0x01;
  constexpr std::uint8_t kAuthenticData = 0x20;  // RFC 6840 section 5.7
  constexpr std::uint8_t kCheckingDisabled = 0x10;
  constexpr std::uint8_t kDnssecOk = 0x80;
  return {high(id),
          low(id),
          kRecursionDesired,
          query.validated ? kAuthenticData : kCheckingDisabled,
          0,
          1,
          0,
          0,
          0,
          0,
          0,
          1,
          0,
          high(query.type),
          low(query.type),
          0,
          1,  // the root, type, class IN
          0,
          0,
          41,
          0x04,
          0xD0,
          0,
          0,
          kDnssecOk,
          0,
          0,
          0};  // OPT (RFC 6891), 1,232 bytes
}

std::optional<DnsMessage> read_reply(const Bytes& sent, std::span<const std::uint8_t> reply) {
  if (reply.size() < 2 || reply[0] != sent[0] || reply[1] != sent[1]) return std::nullopt;
  return read_message(reply);
}

asio::awaitable<std::optional<DnsMessage>> over_udp(asio::ip::udp::endpoint server,
                                                    RawQuery query) {
  asio::ip::udp::socket socket{co_await asio::this_coro::executor};
  boost::system::error_code failed;
  socket.connect(server, failed);
  if (failed) co_return std::nullopt;
  const Bytes sent = question(query);
  Bytes reply(kMaxMessage);
  const auto [wrong, written] = co_await socket.async_send(asio::buffer(sent), kTuple);
  if (wrong) co_return std::nullopt;
  const auto [error, size] = co_await socket.async_receive(asio::buffer(reply), kTuple);
  if (error) co_return std::nullopt;
  co_return read_reply(sent, std::span{reply}.first(size));
}

asio::awaitable<std::optional<DnsMessage>> over_tcp(asio::ip::tcp::endpoint server,
                                                    RawQuery query) {
  asio::ip::tcp::socket socket{co_await asio::this_coro::executor};
  const auto [refused] = co_await socket.async_connect(server, kTuple);
  if (refused) co_return std::nullopt;
  const Bytes sent = question(query);
  Bytes framed(2 + sent.size());  // RFC 1035 section 4.2.2
  framed[1] = static_cast<std::uint8_t>(sent.size());
  std::ranges::copy(sent, framed.begin() + 2);
  const auto [broken, written] = co_await asio::async_write(socket, asio::buffer(framed), kTuple);
  if (broken) co_return std::nullopt;
  std::array<std::uint8_t, 2> size{};
  const auto [short_of_size, read] = co_await asio::async_read(socket, asio::buffer(size), kTuple);
  if (short_of_size) co_return std::nullopt;
  Bytes reply(static_cast<std::size_t>(size[0]) << 8 | size[1]);
  const auto [short_of_reply, got] = co_await asio::async_read(socket, asio::buffer(reply), kTuple);
  if (short_of_reply) co_return std::nullopt;
  co_return read_reply(sent, reply);
}

}  // namespace

asio::awaitable<std::optional<DnsMessage>> ask_root(RawQuery query) {
  using namespace asio::experimental::awaitable_operators;
  const auto server = parse_name_server(query.server);
  if (!server) co_return std::nullopt;
  const std::size_t at = server->text.rfind('@');
  boost::system::error_code error;
  const auto address = asio::ip::make_address(server->text.substr(0, at), error);
  if (error) co_return std::nullopt;
  const auto port = static_cast<std::uint16_t>(std::stoul(server->text.substr(at + 1)));
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(query.deadline);
  try {
    auto asked = query.transport == RawQuery::Transport::udp ? over_udp({address, port}, query)
                                                             : over_tcp({address, port}, query);
    // Both sides end without an exception: the first end counts.
    auto first = co_await (std::move(asked) || timer.async_wait(kTuple));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
  } catch (const std::exception&) {  // no descriptors left, or cancelled
  }
  co_return std::nullopt;
}

}  // namespace tlspact

// SPDX-License-Identifier: MIT
#include "daemon/dns/ad_bit.h"

#include <algorithm>

#include "daemon/dns/raw_query.h"

namespace tlspact {

namespace {

constexpr std::uint16_t kSoa = 6;
constexpr std::uint16_t kRrsig = 46;

bool has(const DnsMessage& message, std::uint16_t type) {
  return std::ranges::find(message.answer, type, &DnsRecord::type) != message.answer.end();
}

AdBit ad_bit_in(const DnsMessage& message) {
  if (message.rcode != 0 || !has(message, kSoa)) return AdBit::unknown;
  if (message.authentic) return AdBit::set;
  return message.authoritative && has(message, kRrsig) ? AdBit::unknown : AdBit::clear;
}

}  // namespace

boost::asio::awaitable<AdBit> ask_ad_bit(std::string server, std::chrono::milliseconds deadline) {
  // A datagram can get lost. A variable: g++ 12 destroys an aggregate twice that is made within a
  // co_await.
  RawQuery query{
      .server = std::move(server), .type = kSoa, .validated = true, .deadline = deadline};
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto message = co_await ask_root(query);
    if (!message) continue;
    if (!message->truncated) co_return ad_bit_in(*message);
    query.transport = RawQuery::Transport::tcp;
  }
  co_return AdBit::unknown;
}

}  // namespace tlspact

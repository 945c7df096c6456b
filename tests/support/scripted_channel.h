// SPDX-License-Identifier: MIT
/// A SessionChannel that plays a server by a list, with a clock of its own: what takes minutes in
/// life takes none here. Real servers and real TLS are elsewhere.
#pragma once

#include <chrono>
#include <cstdlib>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "smtp/session/channel.h"

namespace tlspact::test {

/// A line of the script:
///   "250 hello"      what the server says, a line at a time
///   "@40"            40 seconds pass
///   "!closed"        a fault, by its name, where something was awaited
///   "connect!reset"  the connection cannot be made
///   "TLS"            the handshake goes well
///   "+220 go"        the line, and more is waiting behind it
class ScriptedChannel : public SessionChannel {
 public:
  explicit ScriptedChannel(std::vector<std::string> script, TlsFacts facts = {})
      : script_(script.begin(), script.end()), facts_(std::move(facts)) {}

  void begin_step(std::chrono::milliseconds /*limit*/) override {}
  boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint /*endpoint*/) override {
    if (auto fault = next_fault("connect!")) co_return std::unexpected(*fault);
    co_return ChannelResult<void>{};
  }
  boost::asio::awaitable<ChannelResult<std::string>> read_line() override {
    pass_time();
    if (auto fault = next_fault("!")) co_return std::unexpected(*fault);
    if (script_.empty())
      co_return std::unexpected(ChannelFault{ChannelFault::Kind::closed, "the script is over"});
    std::string line = script_.front();
    script_.pop_front();
    waiting_ = line.starts_with('+');
    co_return waiting_ ? line.substr(1) : line;
  }
  boost::asio::awaitable<ChannelResult<void>> write(std::string bytes) override {
    said.push_back(std::move(bytes));
    co_return ChannelResult<void>{};
  }
  boost::asio::awaitable<ChannelResult<void>> write_message(Framing framing) override {
    said.emplace_back(framing == Framing::data ? "(message)" : "(BDAT message)");
    co_return ChannelResult<void>{};
  }
  boost::asio::awaitable<ChannelResult<TlsFacts>> start_tls(const HostPolicy& /*policy*/) override {
    pass_time();
    if (auto fault = next_fault("!")) co_return std::unexpected(*fault);
    if (!script_.empty() && script_.front() == "TLS") script_.pop_front();
    co_return facts_;
  }
  boost::asio::awaitable<void> close() override {
    closed = true;
    co_return;
  }
  [[nodiscard]] bool input_waiting() override { return waiting_; }
  [[nodiscard]] Micros elapsed() override { return now_; }

  std::vector<std::string> said;
  bool closed = false;

 private:
  void pass_time() {
    while (!script_.empty() && script_.front().starts_with('@')) {
      now_ += std::chrono::seconds{std::atoi(script_.front().c_str() + 1)};
      script_.pop_front();
    }
  }
  std::optional<ChannelFault> next_fault(std::string_view mark) {
    if (script_.empty() || !script_.front().starts_with(mark)) return std::nullopt;
    const std::string name = script_.front().substr(mark.size());
    script_.pop_front();
    return ChannelFault{parse_channel_fault(name).value(), name};
  }

  std::deque<std::string> script_;
  TlsFacts facts_;
  bool waiting_ = false;
  Micros now_{0};
};

}  // namespace tlspact::test

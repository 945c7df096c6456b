// SPDX-License-Identifier: MIT
#include "smtp/transcript/recorded_channel.h"

#include <utility>

namespace tlspact {
namespace {

namespace asio = boost::asio;
using Kind = TranscriptEvent::Kind;

constexpr std::string_view framing_name(Framing framing) {
  return framing == Framing::data ? "data" : "bdat";
}

template <class T>
void keep_fault(TranscriptEvent& event, const ChannelResult<T>& result) {
  if (!result) event.fault = result.error();
}

}  // namespace

TranscriptEvent& RecordingChannel::note(Kind kind) {
  TranscriptEvent& event = events_.emplace_back();
  event.kind = kind;
  event.at = inner_.elapsed();
  return event;
}

Micros RecordingChannel::elapsed() {
  return events_.empty() ? Micros{0} : events_.back().at;
}

asio::awaitable<ChannelResult<void>> RecordingChannel::connect(asio::ip::tcp::endpoint endpoint) {
  ChannelResult<void> result = co_await inner_.connect(std::move(endpoint));
  keep_fault(note(Kind::connect), result);
  co_return result;
}

asio::awaitable<ChannelResult<std::string>> RecordingChannel::read_line() {
  ChannelResult<std::string> result = co_await inner_.read_line();
  TranscriptEvent& event = note(Kind::read);
  keep_fault(event, result);
  if (result) {
    event.line = *result;
    event.more = inner_.input_waiting();
  }
  co_return result;
}

asio::awaitable<ChannelResult<void>> RecordingChannel::write(std::string bytes) {
  std::string kept = bytes;
  ChannelResult<void> result = co_await inner_.write(std::move(bytes));
  TranscriptEvent& event = note(Kind::write);
  event.line = std::move(kept);
  keep_fault(event, result);
  co_return result;
}

asio::awaitable<ChannelResult<void>> RecordingChannel::write_message(Framing framing) {
  ChannelResult<void> result = co_await inner_.write_message(framing);
  TranscriptEvent& event = note(Kind::message);
  event.line = framing_name(framing);
  keep_fault(event, result);
  co_return result;
}

asio::awaitable<ChannelResult<TlsFacts>> RecordingChannel::start_tls(const HostPolicy& policy) {
  ChannelResult<TlsFacts> result = co_await inner_.start_tls(policy);
  TranscriptEvent& event = note(Kind::start_tls);
  keep_fault(event, result);
  if (result) event.facts = *result;
  co_return result;
}

ChannelResult<const TranscriptEvent*> RecordedChannel::next(Kind kind, const std::string* text) {
  if (position_ == events_.size())
    return std::unexpected(ChannelFault{ChannelFault::Kind::local, "the transcript ends here"});
  const TranscriptEvent& event = events_[position_];
  if (event.kind != kind || (text != nullptr && event.line != *text))
    return std::unexpected(ChannelFault{
        ChannelFault::Kind::local,
        "the transcript has something else at event " + std::to_string(position_ + 1)});
  ++position_;
  if (event.fault) return std::unexpected(*event.fault);
  return &event;
}

asio::awaitable<ChannelResult<void>> RecordedChannel::connect(
    asio::ip::tcp::endpoint /*endpoint*/) {
  const auto event = next(Kind::connect, nullptr);
  if (!event) co_return std::unexpected(event.error());
  co_return ChannelResult<void>{};
}

asio::awaitable<ChannelResult<std::string>> RecordedChannel::read_line() {
  const auto event = next(Kind::read, nullptr);
  if (!event) co_return std::unexpected(event.error());
  co_return (*event)->line;
}

asio::awaitable<ChannelResult<void>> RecordedChannel::write(std::string bytes) {
  const auto event = next(Kind::write, &bytes);
  if (!event) co_return std::unexpected(event.error());
  co_return ChannelResult<void>{};
}

asio::awaitable<ChannelResult<void>> RecordedChannel::write_message(Framing framing) {
  const std::string name{framing_name(framing)};
  const auto event = next(Kind::message, &name);
  if (!event) co_return std::unexpected(event.error());
  co_return ChannelResult<void>{};
}

asio::awaitable<ChannelResult<TlsFacts>> RecordedChannel::start_tls(const HostPolicy& /*policy*/) {
  const auto event = next(Kind::start_tls, nullptr);
  if (!event) co_return std::unexpected(event.error());
  co_return (*event)->facts.value_or(TlsFacts{});
}

asio::awaitable<void> RecordedChannel::close() {
  co_return;
}

bool RecordedChannel::input_waiting() {
  return position_ > 0 && events_[position_ - 1].more;
}

Micros RecordedChannel::elapsed() {
  return position_ == 0 ? Micros{0} : events_[position_ - 1].at;
}

}  // namespace tlspact

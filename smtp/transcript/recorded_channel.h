// SPDX-License-Identifier: MIT
/// Two SessionChannels for transcripts: one that writes down what another one does, and one that
/// does what is written down.
#pragma once

#include <string>
#include <vector>

#include "smtp/session/channel.h"
#include "smtp/transcript/transcript.h"

namespace tlspact {

/// Hands everything on to `inner` and notes it in `events`; both outlive this.
class RecordingChannel : public SessionChannel {
 public:
  RecordingChannel(SessionChannel& inner, std::vector<TranscriptEvent>& events)
      : inner_(inner), events_(events) {}

  void begin_step(std::chrono::milliseconds limit) override { inner_.begin_step(limit); }
  boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint endpoint) override;
  boost::asio::awaitable<ChannelResult<std::string>> read_line() override;
  boost::asio::awaitable<ChannelResult<void>> write(std::string bytes) override;
  boost::asio::awaitable<ChannelResult<void>> write_message(Framing framing) override;
  boost::asio::awaitable<ChannelResult<TlsFacts>> start_tls(const HostPolicy& policy) override;
  boost::asio::awaitable<void> close() override { return inner_.close(); }
  [[nodiscard]] bool input_waiting() override { return inner_.input_waiting(); }
  /// That of the last event: what the session reads is what the transcript says.
  [[nodiscard]] Micros elapsed() override;

 private:
  TranscriptEvent& note(TranscriptEvent::Kind kind);

  SessionChannel& inner_;
  std::vector<TranscriptEvent>& events_;
};

/// Answers from `events`, which outlives it. Where the session does something else than what comes
/// next, or there is nothing more, it gets a fault `local` that says so.
class RecordedChannel : public SessionChannel {
 public:
  explicit RecordedChannel(const std::vector<TranscriptEvent>& events) : events_(events) {}

  void begin_step(std::chrono::milliseconds /*limit*/) override {}
  boost::asio::awaitable<ChannelResult<void>> connect(
      boost::asio::ip::tcp::endpoint endpoint) override;
  boost::asio::awaitable<ChannelResult<std::string>> read_line() override;
  boost::asio::awaitable<ChannelResult<void>> write(std::string bytes) override;
  boost::asio::awaitable<ChannelResult<void>> write_message(Framing framing) override;
  boost::asio::awaitable<ChannelResult<TlsFacts>> start_tls(const HostPolicy& policy) override;
  boost::asio::awaitable<void> close() override;
  [[nodiscard]] bool input_waiting() override;
  [[nodiscard]] Micros elapsed() override;

 private:
  /// The next event, if it is of that kind and, for `write` and `message`, has that text.
  [[nodiscard]] ChannelResult<const TranscriptEvent*> next(TranscriptEvent::Kind kind,
                                                           const std::string* text);

  const std::vector<TranscriptEvent>& events_;
  std::size_t position_ = 0;  ///< of the next event
};

}  // namespace tlspact

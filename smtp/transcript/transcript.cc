// SPDX-License-Identifier: MIT
#include "smtp/transcript/transcript.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "smtp/transcript/recorded_channel.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

constexpr std::array<std::string_view, 5> kEvents{"connect", "read", "write", "message",
                                                  "start-tls"};

}  // namespace

std::string_view transcript_event_name(TranscriptEvent::Kind kind) {
  return kEvents.at(static_cast<std::size_t>(kind));
}

std::optional<TranscriptEvent::Kind> parse_transcript_event(std::string_view name) {
  const auto* const found = std::ranges::find(kEvents, name);
  if (found == kEvents.end()) return std::nullopt;
  return static_cast<TranscriptEvent::Kind>(found - kEvents.begin());
}

asio::awaitable<Transcript> record_session(SessionChannel& channel, SessionRequest request,
                                           const TrustStore& trusted, Time now) {
  Transcript transcript;
  transcript.started = now;
  transcript.request = std::move(request);
  RecordingChannel recording{channel, transcript.events};
  transcript.result = co_await run_session(recording, transcript.request, trusted, now);
  if (transcript.result.certificate)
    transcript.anchors = std::exchange(transcript.result.certificate->anchors, {});
  co_return transcript;
}

SessionResult replay(const Transcript& transcript) {
  asio::io_context io;
  RecordedChannel channel{transcript.events};
  const TrustStore trusted = TrustStore::of(transcript.anchors);
  SessionResult result;
  std::exception_ptr thrown;
  asio::co_spawn(io, run_session(channel, transcript.request, trusted, transcript.started),
                 [&](const std::exception_ptr& exception, SessionResult outcome) {
                   thrown = exception;
                   result = std::move(outcome);
                 });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  if (result.certificate) result.certificate->anchors.clear();
  return result;
}

}  // namespace tlspact

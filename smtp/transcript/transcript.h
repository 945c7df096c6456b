// SPDX-License-Identifier: MIT
/// Transcript: everything that a session was told, and what it made of it. Enough to hold the same
/// session again without a network: replay().
///
/// It has no message bodies, no private keys and no bytes of TLS. It has the addresses of the
/// envelope.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "policy/time.h"
#include "smtp/session/channel.h"
#include "smtp/session/session.h"

namespace tlspact {

struct TranscriptEvent {
  enum class Kind : std::uint8_t { connect, read, write, message, start_tls };
  Kind kind = Kind::connect;
  Micros at{0};  ///< since the session began, when it was over
  std::string
      line;  ///< read: without its end, any bytes; write: with CRLFs; message: "data" or "bdat"
  bool more = false;                  ///< read: input was waiting behind it
  std::optional<TlsFacts> facts;      ///< of a handshake that ended well
  std::optional<ChannelFault> fault;  ///< nullopt: it went well

  friend bool operator==(const TranscriptEvent&, const TranscriptEvent&) = default;
};

/// "connect", "read", "write", "message", "start-tls".
[[nodiscard]] std::string_view transcript_event_name(TranscriptEvent::Kind kind);
[[nodiscard]] std::optional<TranscriptEvent::Kind> parse_transcript_event(std::string_view name);

struct Transcript {
  Time started;
  SessionRequest request;
  std::vector<TranscriptEvent> events;
  /// Authorities of this machine that took part in the certificate chain, DER: what a replay
  /// trusts.
  std::vector<std::string> anchors;
  SessionResult result;

  friend bool operator==(const Transcript&, const Transcript&) = default;
};

/// run_session() over `channel`, with a transcript of it.
[[nodiscard]] boost::asio::awaitable<Transcript> record_session(SessionChannel& channel,
                                                                SessionRequest request,
                                                                const TrustStore& trusted,
                                                                Time now);

/// Holds the session of a transcript again, offline, by its events, its time, and the authorities
/// that it names. The result is that of the transcript, unless this program judges differently
/// than the one that wrote it, or somebody changed it.
[[nodiscard]] SessionResult replay(const Transcript& transcript);

}  // namespace tlspact

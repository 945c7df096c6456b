// SPDX-License-Identifier: MIT
/// run_session(): one SMTP session with one address of one MX host: a probe of its TLS, or the
/// delivery of a message. The engine of probe, deliver and drill, and of any other program that
/// wants to know how a mail server behaves: it needs nothing of the rest of tlspact but policy/.
///
/// Not the choice of the address or of what follows a failure, which is delivery/.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "smtp/outcome.h"
#include "smtp/session/channel.h"
#include "smtp/session/extensions.h"
#include "smtp/session/message.h"
#include "smtp/session/reply.h"
#include "smtp/tls/certificate_check.h"
#include "smtp/tls/host_policy.h"
#include "smtp/tls/tls_facts.h"

namespace tlspact {

/// Each step's time; design.md section 15 limits the whole. RFC 5321 section 4.5.3.2 wants minutes.
struct SessionDeadlines {
  std::chrono::milliseconds connect = std::chrono::seconds{30};
  std::chrono::milliseconds banner = std::chrono::minutes{3};
  std::chrono::milliseconds command = std::chrono::minutes{2};  ///< EHLO to DATA
  std::chrono::milliseconds handshake = std::chrono::minutes{1};
  std::chrono::milliseconds message = std::chrono::minutes{3};
  std::chrono::milliseconds end_of_data = std::chrono::minutes{4};
  std::chrono::milliseconds quit = std::chrono::seconds{5};
  std::chrono::milliseconds whole = std::chrono::minutes{5};

  friend bool operator==(const SessionDeadlines&, const SessionDeadlines&) = default;
};

/// What is to be delivered in one session. Addresses are as in MAIL and RCPT, without brackets:
/// parse_mail_address() has seen them.
struct Envelope {
  std::string sender;  ///< empty: the null reverse-path
  std::vector<std::string> recipients;
  bool requiretls = false;  ///< RFC 8689 section 4
  std::string notify;       ///< NOTIFY of RFC 3461, such as "NEVER"; empty: none
  bool chunking = true;     ///< BDAT where it is offered

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// What a session is to do. A value; what a transcript keeps of it makes the same session again.
struct SessionRequest {
  std::string host;  ///< the MX host, for people and names
  boost::asio::ip::tcp::endpoint endpoint;
  std::string helo;
  HostPolicy policy;
  /// False: STARTTLS that is not offered, or fails, ends an opportunistic session: there is
  /// evidence that this host does TLS.
  bool clear_allowed = true;
  /// True: no STARTTLS, although it may be offered: the second try after a failed handshake.
  bool in_clear = false;
  std::optional<Envelope> envelope;  ///< nullopt: a probe, which ends after EHLO
  MessageFacts message;              ///< of a delivery
  SessionDeadlines deadlines;

  friend bool operator==(const SessionRequest&, const SessionRequest&) = default;
};

enum class Fate : std::uint8_t {
  delivered,
  deferred,  ///< transient, or never asked
  refused,   ///< a 5xx for good
};

/// "delivered", "deferred", "refused".
[[nodiscard]] std::string_view fate_name(Fate fate);

struct RecipientResult {
  std::string address;
  Fate fate = Fate::deferred;
  Stage stage = Stage::connect;  ///< where it was decided
  int code = 0;                  ///< of the server's reply; 0: none
  std::string text;              ///< for people, one line of printable ASCII

  friend bool operator==(const RecipientResult&, const RecipientResult&) = default;
};

/// An extension that the message needs and the server lacks.
enum class Lack : std::uint8_t { none, size, eight_bit_mime, smtputf8, requiretls };

struct SessionResult {
  Outcome outcome;
  bool tls = false;  ///< a handshake ended well, and its certificate met the demand
  std::optional<TlsFacts> facts;
  std::optional<CertificateVerdict> certificate;  ///< with `facts`
  Extensions offered_in_clear;
  Extensions offered_under_tls;
  std::string banner;                       ///< printable
  std::string helo_of_server;               ///< the first word of its answer to EHLO, printable
  std::vector<RecipientResult> recipients;  ///< of a delivery, in the order of the envelope
  Lack lack = Lack::none;
  /// The session failed, the policy is opportunistic, and a new connection without TLS may be made.
  bool retry_in_clear = false;
  /// The server turned our client certificate down: try once without (design.md section 11).
  bool client_certificate_rejected = false;
  /// There is evidence that this host does TLS, and now it did not: it looks like an attack.
  bool downgrade = false;
  std::vector<std::string> notes;  ///< for people: slow steps, odd things that were put up with

  friend bool operator==(const SessionResult&, const SessionResult&) = default;
};

/// Ends by the deadlines of the request. `channel` is fresh, and is closed at the end. `trusted`
/// and `now` judge certificates.
[[nodiscard]] boost::asio::awaitable<SessionResult> run_session(SessionChannel& channel,
                                                                const SessionRequest& request,
                                                                const TrustStore& trusted,
                                                                Time now);

}  // namespace tlspact
